// Tables that sort and filter; a record of errors for whoever checks the page.
"use strict";
(function () {
  document.documentElement.dataset.ready = "yes";

  document.querySelectorAll("table.data").forEach((table) => {
    const body = table.tBodies[0], rows = [...body.rows];
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = head.querySelector("[role=button]");
      if (!button) return;
      button.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); button.click(); } });
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") !== "descending";
        heads.forEach((h) => h.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const key = (row) => row.cells[column].dataset.sort ?? row.cells[column].textContent;
        const numeric = head.classList.contains("num");
        const sorted = [...rows].sort((a, b) => {
          const x = key(a), y = key(b);
          if (!x || !y) return x ? -1 : y ? 1 : 0; // empty cells last, whichever the direction
          const order = numeric ? Number(x) - Number(y) : x.localeCompare(y, document.documentElement.lang);
          return down ? -order : order;
        });
        body.append(...sorted);
      });
    });
    const filter = table.closest("figure").querySelector("input[type=search]");
    if (filter) filter.addEventListener("input", () => {
      const wanted = filter.value.trim().toLowerCase();
      let shown = 0;
      for (const row of rows) {
        row.hidden = wanted !== "" && !row.textContent.toLowerCase().includes(wanted);
        if (!row.hidden) shown += 1;
      }
      table.closest("figure").querySelector(".shown").textContent = String(shown);
    });
  });

  document.querySelectorAll("[data-tabs]").forEach((group) => {
    const buttons = [...group.querySelectorAll("button")];
    buttons.forEach((button) => button.addEventListener("click", () => {
      buttons.forEach((b) => {
        const on = b === button;
        b.classList.toggle("on", on); b.setAttribute("aria-selected", String(on));
        document.getElementById(b.dataset.panel).hidden = !on;
      });
    }));
  });
})();
