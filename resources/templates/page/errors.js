"use strict";
document.documentElement.dataset.errors = "0";
window.addEventListener("error", (event) => {
  const root = document.documentElement;
  root.dataset.errors = String(Number(root.dataset.errors) + 1);
  root.dataset.lastError = event.message || "resource";
}, true);
