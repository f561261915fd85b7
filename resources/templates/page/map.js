// The map: layers on one canvas, pan, zoom, switches, legend, scale bar, and what a click tells. No library.
"use strict";
(function () {
  const holder = document.getElementById("map");
  if (!holder) return;
  const data = JSON.parse(document.getElementById("map-data").textContent);
  const words = JSON.parse(document.getElementById("map-words").textContent);
  const canvas = holder.querySelector("canvas");
  const ctx = canvas.getContext("2d");
  const { decode, boxOf, trace, rgba, marker, inside, near, element, swatch, sizeSwatch, aside } = ParkShapes;
  const PX_PER_MM = 96 / 25.4;
  const text = (i) => data.texts[i];

  const shapes = data.shapes.map((rings) => decode(rings, data.step));
  const boxes = shapes.map(boxOf);

  const layers = data.layers.map((raw) => {
    const layer = { ...raw, shown: false, open: true };
    layer.area = raw.geometry === "polygon" || raw.geometry === "mark";
    layer.features = raw.rows.map((row, index) => ({
      layer, index, shape: row[0], cls: row[1], size: row[2], tip: row[3], label: row[4],
      utility: row[5], values: row[6], facts: row[7],
      at: row[8].length ? [row[8][0] * data.step, row[8][1] * data.step]
        : raw.geometry === "point" ? shapes[row[0]][0][0] : null,
    }));
    return layer;
  });

  let utility = "", chosen = null, ratio = 1;
  const view = { scale: 1, x: 0, y: 0 }; // px a metre, and the metre at the middle
  const size = () => [canvas.width / ratio, canvas.height / ratio];
  const toScreen = ([x, y]) => { const [w, h] = size(); return [(x - view.x) * view.scale + w / 2, (view.y - y) * view.scale + h / 2]; };
  const toMap = ([px, py]) => { const [w, h] = size(); return [(px - w / 2) / view.scale + view.x, view.y - (py - h / 2) / view.scale]; };
  const meant = (f) => !utility || !f.utility || f.utility === utility;
  const visible = (f) => meant(f) && !f.hidden;

  // Of a crowd of links only the widest in view are drawn; the others appear as one zooms in.
  const CROWD = 300;
  function thinOut(layer) {
    layer.ranked = layer.ranked || [...layer.features].sort((a, b) => b.size - a.size || a.index - b.index);
    const [x0, y1] = toMap([0, 0]), [x1, y0] = toMap(size());
    let inView = 0, shown = 0;
    for (const f of layer.ranked) {
      const b = boxes[f.shape], near = meant(f) && b[0] <= x1 && b[2] >= x0 && b[1] <= y1 && b[3] >= y0;
      f.hidden = near && shown >= CROWD;
      if (near) { inView += 1; if (!f.hidden) shown += 1; }
    }
    const note = holder.querySelector(`[data-crowd="${layer.id}"]`);
    if (!note) return;
    note.hidden = shown === inView;
    note.textContent = words.crowd.replace("\u0001", shown.toLocaleString("en")).replace("\u0002", inView.toLocaleString("en"));
  }

  // One path for all features of a layer that are drawn alike.
  const batches = new Map();
  function batchesOf(layer) {
    const key = layer.id + "|" + utility;
    if (!batches.has(key)) {
      const groups = new Map();
      for (const f of layer.features) {
        if (!visible(f)) continue;
        const name = f.cls + "|" + (layer.geometry === "line" ? f.size : 0);
        if (!groups.has(name)) groups.set(name, { cls: f.cls, size: f.size, path: new Path2D() });
        trace(groups.get(name).path, shapes[f.shape], layer.area);
      }
      batches.set(key, [...groups.values()]);
    }
    return batches.get(key);
  }

  const patterns = new Map();
  function hatch(colour, opacity) {
    const key = colour + opacity + ratio;
    if (!patterns.has(key)) {
      const tile = document.createElement("canvas"), n = Math.round(7 * ratio);
      tile.width = tile.height = n;
      const pen = tile.getContext("2d");
      pen.strokeStyle = rgba(colour, opacity); pen.lineWidth = 0.9 * ratio;
      pen.beginPath();
      for (const d of [-n, 0, n]) { pen.moveTo(d - 1, n + 1); pen.lineTo(d + n + 1, -1); }
      pen.stroke();
      patterns.set(key, ctx.createPattern(tile, "repeat"));
    }
    return patterns.get(key);
  }

  function mapSpace() {
    const [w, h] = size(), s = view.scale * ratio;
    ctx.setTransform(s, 0, 0, -s, (w / 2 - view.x * view.scale) * ratio, (h / 2 + view.y * view.scale) * ratio);
  }
  const screenSpace = () => ctx.setTransform(ratio, 0, 0, ratio, 0, 0);

  function drawAreas(layer) {
    for (const batch of batchesOf(layer)) {
      const [, colour] = layer.classes[batch.cls];
      const mm = layer.outlineMm;
      mapSpace();
      if (layer.geometry === "polygon") {
        if (layer.hatch) {
          const [w, h] = size(), s = view.scale * ratio, placed = new Path2D();
          placed.addPath(batch.path, new DOMMatrix([s, 0, 0, -s, (w / 2 - view.x * view.scale) * ratio, (h / 2 + view.y * view.scale) * ratio]));
          ctx.setTransform(1, 0, 0, 1, 0, 0);
          ctx.fillStyle = hatch(colour, layer.opacity);
          ctx.fill(placed, "nonzero");
          mapSpace();
        } else if (layer.opacity) {
          ctx.fillStyle = rgba(colour, layer.opacity);
          ctx.fill(batch.path, "nonzero");
        }
      }
      if (mm) {
        ctx.strokeStyle = layer.outline === "same" || layer.geometry === "mark" ? colour : layer.outline || colour;
        ctx.lineWidth = (mm * PX_PER_MM) / view.scale;
        ctx.setLineDash(layer.classes[batch.cls][3] ? [8 / view.scale, 4 / view.scale] : []);
        if (!(layer.geometry === "mark" && layer.classes[batch.cls][4])) ctx.stroke(batch.path);
      }
    }
    ctx.setLineDash([]);
  }

  const closeness = () => Math.min(Math.max(view.scale / 0.7, 0.5), 1.3); // bundles are slimmer from afar
  // The lines of a feature, moved aside where its layer sets its classes side by side.
  const shifted = (layer, f) => (layer.spread.length && !utility
    ? shapes[f.shape].map((line) => aside(line, (layer.spread[f.cls] * PX_PER_MM * closeness()) / view.scale)) : shapes[f.shape]);
  function sideBySide(layer) {
    const groups = new Map();
    for (const f of layer.features) {
      if (!visible(f)) continue;
      const name = f.cls + "|" + f.size;
      if (!groups.has(name)) groups.set(name, { cls: f.cls, size: f.size, path: new Path2D() });
      trace(groups.get(name).path, shifted(layer, f), false);
    }
    return [...groups.values()];
  }

  function drawLines(layer) {
    mapSpace();
    for (const batch of layer.spread.length ? sideBySide(layer) : batchesOf(layer)) {
      const [, colour, second, dashed] = layer.classes[batch.cls];
      ctx.lineJoin = "round"; ctx.lineCap = dashed ? "butt" : "round";
      const px = batch.size * PX_PER_MM * (layer.spread.length ? closeness() : layer.result ? 1 : Math.min(Math.max(view.scale / 0.4, 0.3), 1));
      ctx.lineWidth = px / view.scale;
      ctx.strokeStyle = rgba(colour, layer.opacity * (layer.features.length > CROWD && layer.result ? 0.8 : 1));
      ctx.setLineDash(dashed ? [(3 + 2 * px) / view.scale, (2 + 1.2 * px) / view.scale] : []);
      ctx.stroke(batch.path);
      if (second) {
        ctx.strokeStyle = second; ctx.lineWidth = (px * 0.6) / view.scale;
        ctx.setLineDash([6 / view.scale, 6 / view.scale]); ctx.lineCap = "butt";
        ctx.stroke(batch.path);
      }
    }
    ctx.setLineDash([]);
    if (layer.marker === "arrow") drawArrows(layer);
  }

  function drawArrows(layer) {
    screenSpace();
    for (const f of layer.features) {
      if (!visible(f)) continue;
      const line = shifted(layer, f)[0];
      const a = toScreen(line[0]), b = toScreen(line[line.length - 1]);
      const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
      if (length < 24) continue;
      const k = Math.floor((line.length - 1) / 2), p = toScreen(line[k]), q = toScreen(line[k + 1] || line[k]);
      const turn = Math.atan2(q[1] - p[1], q[0] - p[0]), r = (3.6 + f.size * 1.5) * Math.max(closeness(), 0.6);
      ctx.save();
      ctx.translate((p[0] + q[0]) / 2, (p[1] + q[1]) / 2); ctx.rotate(turn);
      ctx.fillStyle = layer.classes[f.cls][1];
      ctx.beginPath(); ctx.moveTo(r, 0); ctx.lineTo(-r * 0.8, r * 0.75); ctx.lineTo(-r * 0.8, -r * 0.75); ctx.closePath();
      ctx.fill(); ctx.restore();
    }
  }

  // Symbols are smaller from afar, or they would hide the land and each other.
  const markSize = (f) => f.size * PX_PER_MM * Math.min(Math.max(view.scale / 0.14, 0.55), 1);
  // Works on one parcel stand side by side.
  function placeMarks(layer) {
    const placed = [];
    for (const f of layer.features) {
      f.aside = 0;
      if (!visible(f)) continue;
      const [x, y] = toScreen(f.at), wide = markSize(f);
      while (placed.some(([px, py]) => Math.abs(px - x - f.aside) < wide && Math.abs(py - y) < wide) && f.aside < 6 * wide) f.aside += wide + 2;
      placed.push([x + f.aside, y]);
    }
  }
  const markAt = (f) => { const [x, y] = toScreen(f.at); return [x + (f.aside || 0), y]; };

  function drawMarks(layer) {
    screenSpace();
    if (layer.id === "sites") placeMarks(layer);
    for (const f of layer.features) {
      if (!visible(f)) continue;
      const [, colour, second, , hollow] = layer.classes[f.cls];
      const [x, y] = markAt(f);
      marker(ctx, layer.marker, x, y, markSize(f) / 2);
      if (!hollow) { ctx.fillStyle = rgba(colour, layer.opacity); ctx.fill(); }
      ctx.lineWidth = layer.outlineMm * PX_PER_MM + (second ? 1 : 0);
      ctx.strokeStyle = hollow ? colour : second || layer.outline || "#fff";
      ctx.stroke();
    }
  }

  const LABEL_PX = 11, LINE_PX = 13, LONG = 26;
  // A long label in at most three lines, cut where that is not enough.
  function folded(text) {
    const lines = [];
    for (const word of text.split(/(?<= )|(?<=[—、（])/)) {
      if (lines.length && (lines[lines.length - 1] + word).length <= LONG) lines[lines.length - 1] += word;
      else lines.push(word);
    }
    return lines.slice(0, 3).map((l, i) => (l.length > LONG || (i === 2 && lines.length > 3) ? l.slice(0, LONG - 1).trimEnd() + "…" : l.trimEnd()));
  }
  function drawLabels() {
    screenSpace();
    const taken = [], denominator = 1000 * PX_PER_MM / view.scale, [w, h] = size();
    ctx.textAlign = "center"; ctx.textBaseline = "middle"; ctx.lineJoin = "round";
    // Symbols that stand above labels keep their place free.
    for (const layer of layers) if (layer.shown && layer.id === "sites") for (const f of layer.features) {
      if (!visible(f)) continue;
      const [x, y] = markAt(f), r = markSize(f) / 2;
      taken.push([x - r, y - r, x + r, y + r]);
    }
    for (const layer of layers) {
      if (!layer.shown || !layer.labelScale || denominator > layer.labelScale) continue;
      const bold = layer.id === "sites" ? "600 " : "";
      ctx.font = `${bold}${LABEL_PX}px ${words.font}`;
      for (const f of layer.features) {
        const label = text(f.label);
        if (!label || !visible(f) || !f.at) continue;
        const [x, y] = markAt(f);
        if (x < 0 || y < 0 || x > w || y > h) continue;
        const lines = label.split("\n").flatMap(folded);
        const half = Math.max(...lines.map((l) => ctx.measureText(l).width)) / 2 + 2, tall = lines.length * LINE_PX;
        const lift = layer.geometry === "polygon" ? 0 : layer.geometry === "line" ? 10 : markSize(f) / 2 + tall / 2 + 2;
        for (const dy of lift ? [lift, -lift] : [0]) {
          const box = [x - half, y + dy - tall / 2, x + half, y + dy + tall / 2];
          if (taken.some((t) => box[0] < t[2] && box[2] > t[0] && box[1] < t[3] && box[3] > t[1])) continue;
          taken.push(box);
          lines.forEach((l, i) => {
            const ly = y + dy - tall / 2 + LINE_PX * (i + 0.5);
            ctx.lineWidth = 3.2; ctx.strokeStyle = "rgba(255,255,255,.92)"; ctx.strokeText(l, x, ly);
            ctx.fillStyle = "#1d2733"; ctx.fillText(l, x, ly);
          });
          break;
        }
      }
    }
  }

  function drawChosen() {
    if (!chosen || !chosen.layer.shown) return;
    const path = new Path2D();
    if (chosen.layer.geometry === "point") {
      const r = 9 / view.scale, [x, y] = chosen.at;
      path.arc(x, y, r, 0, 7);
    } else trace(path, shapes[chosen.shape], chosen.layer.area);
    mapSpace();
    for (const [colour, px] of [["#ffffff", 6], ["#111111", 2.5]]) {
      ctx.strokeStyle = colour; ctx.lineWidth = px / view.scale; ctx.stroke(path);
    }
  }

  let waiting = false;
  function draw() {
    waiting = false;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.fillStyle = "#fbfbf9"; ctx.fillRect(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (const layer of [...layers].reverse()) {
      if (!layer.shown) continue;
      if (layer.marker === "arrow" && layer.features.length > CROWD) thinOut(layer);
      if (layer.area) drawAreas(layer);
      if (layer.geometry === "line") drawLines(layer);
      if (layer.geometry === "point" || layer.geometry === "mark") drawMarks(layer);
      count += layer.features.length;
    }
    drawChosen();
    drawLabels();
    scaleBar();
    sizeLegend();
    holder.dataset.drawn = String(count);
  }
  const redraw = () => { if (!waiting) { waiting = true; requestAnimationFrame(draw); } };

  // A legend of sizes shows them as they are drawn at this scale.
  function sizeLegend() {
    for (const sign of holder.querySelectorAll("[data-px]")) {
      const px = Number(sign.dataset.px);
      if (sign.tagName === "circle") sign.setAttribute("r", markSize({ size: px / PX_PER_MM }) / 2);
      else sign.setAttribute("stroke-width", px * (sign.dataset.bundle ? closeness() : 1));
    }
  }

  function scaleBar() {
    const metres = 120 / view.scale, power = 10 ** Math.floor(Math.log10(metres));
    const nice = [5, 2, 1].map((k) => k * power).find((v) => v <= metres);
    const bar = holder.querySelector(".scale-bar");
    bar.style.width = `${(100 * nice * view.scale) / size()[0]}%`; // of the picture, which paper scales
    bar.textContent = nice >= 1000 ? `${nice / 1000} km` : `${nice} m`;
  }

  function fit() {
    const [w, h] = size(), [x0, y0, x1, y1] = data.extent.map((v) => v * data.step);
    view.scale = Math.min(w / (x1 - x0), h / (y1 - y0)) * 0.92;
    view.x = (x0 + x1) / 2; view.y = (y0 + y1) / 2;
    redraw();
  }
  function resize(pixels) {
    const box = canvas.getBoundingClientRect();
    if (!box.width) return false;
    ratio = pixels || window.devicePixelRatio || 1;
    holder.style.setProperty("--aspect", box.width / box.height);
    const width = Math.round(box.width * ratio), height = Math.round(box.height * ratio);
    if (canvas.width === width && canvas.height === height) return false;
    canvas.width = width; canvas.height = height;
    return true;
  }
  function zoom(factor, at) {
    const [w, h] = size(), spot = at || [w / 2, h / 2], before = toMap(spot);
    view.scale = Math.min(Math.max(view.scale * factor, 0.005), 40);
    const after = toMap(spot);
    view.x += before[0] - after[0]; view.y += before[1] - after[1];
    redraw();
  }

  // Which features are under a point of the screen, the topmost first.
  function under(px) {
    const here = toMap(px), reach = 7 / view.scale, found = [];
    for (const layer of layers) {
      if (!layer.shown) continue;
      for (const f of layer.features) {
        if (!visible(f)) continue;
        const r = layer.geometry === "point" || layer.geometry === "mark" ? Math.max(reach, f.size * PX_PER_MM / 2 / view.scale) : reach;
        if (f.at && layer.geometry !== "polygon" && layer.geometry !== "line" && Math.hypot(f.at[0] + (f.aside || 0) / view.scale - here[0], f.at[1] - here[1]) <= r) { found.push(f); continue; }
        if (layer.geometry === "point") continue;
        const b = boxes[f.shape];
        if (here[0] < b[0] - r || here[0] > b[2] + r || here[1] < b[1] - r || here[1] > b[3] + r) continue;
        if (layer.area ? layer.id !== "park" && inside(here, shapes[f.shape]) && !(layer.geometry === "mark" && layer.classes[f.cls][4]) : near(here, shapes[f.shape], reach)) found.push(f);
      }
    }
    return found.slice(0, 12);
  }
  // What is told about a feature.
  const panel = holder.querySelector(".map-told");
  function tell(features, first) {
    panel.replaceChildren();
    if (!features.length) { panel.append(element("p", words.click, "hint")); chosen = null; redraw(); return; }
    chosen = features[first];
    if (features.length > 1) {
      const tabs = element("div", undefined, "told-tabs");
      features.forEach((f, i) => {
        const b = element("button", f.layer.title);
        b.type = "button"; b.title = text(f.tip);
        if (i === first) b.className = "on";
        b.onclick = () => tell(features, i);
        tabs.append(b);
      });
      panel.append(tabs);
    }
    panel.append(element("p", text(chosen.tip), "told-tip"));
    const table = element("table");
    const add = (label, value, numeric) => {
      if (!value) return;
      const row = element("tr");
      row.append(element("th", label), element("td", value, numeric ? "num" : ""));
      table.append(row);
    };
    chosen.layer.fields.forEach(([label, numeric], i) => add(text(label), text(chosen.values[i]), numeric));
    chosen.facts.forEach(([label, value]) => add(text(label), text(value), false));
    panel.append(table);
    redraw();
  }

  // Switches and legend are one list.
  const list = holder.querySelector(".map-layers");
  function fillList() {
    list.replaceChildren();
    for (const layer of layers) {
      const item = element("div", undefined, "layer" + (layer.shown ? " on" : ""));
      const label = element("label"), box = element("input");
      box.type = "checkbox"; box.checked = layer.shown;
      box.onchange = () => { layer.shown = box.checked; fillList(); redraw(); };
      label.append(box, element("span", layer.title));
      item.append(label);
      if (layer.shown) {
        const present = new Set(layer.features.filter(meant).map((f) => f.cls));
        layer.classes.forEach((cls, i) => {
          if (!present.has(i)) return;
          const entry = element("div", undefined, "legend-entry");
          entry.append(swatch(layer, cls), element("span", cls[0] || layer.title));
          item.append(entry);
        });
        if (layer.marker === "arrow") {
          const note = element("div", "", "legend-note");
          note.dataset.crowd = layer.id; note.hidden = true;
          item.append(note);
        }
        for (const [label, mm] of layer.sizes) {
          const entry = element("div", undefined, "legend-entry");
          entry.append(sizeSwatch(layer, mm * PX_PER_MM), element("span", label));
          item.append(entry);
        }
      }
      list.append(item);
    }
  }
  function theme(name) {
    for (const layer of layers) layer.shown = layer.on.includes(name);
    holder.querySelectorAll(".themes button").forEach((b) => b.classList.toggle("on", b.dataset.theme === name));
    fillList(); redraw();
  }
  const themes = holder.querySelector(".themes");
  data.themes.forEach(([name, label]) => {
    const b = element("button", label);
    b.type = "button"; b.dataset.theme = name; b.onclick = () => theme(name);
    themes.append(b);
  });
  const picker = holder.querySelector(".utility-choice");
  if (data.utilities.length > 1) {
    [["", words.all]].concat(data.utilities).forEach(([code, label]) => {
      const o = element("option", label); o.value = code; picker.append(o);
    });
    picker.onchange = () => { utility = picker.value; fillList(); redraw(); };
  } else picker.closest("label").hidden = true;

  // Mouse, touch, keys.
  const fingers = new Map();
  let moved = false, spread = 0;
  const spot = (e) => { const b = canvas.getBoundingClientRect(); return [e.clientX - b.left, e.clientY - b.top]; };
  canvas.addEventListener("pointerdown", (e) => { canvas.setPointerCapture(e.pointerId); fingers.set(e.pointerId, spot(e)); moved = false; spread = 0; });
  canvas.addEventListener("pointermove", (e) => {
    const before = fingers.get(e.pointerId), now = spot(e);
    if (!before) { const top = under(now)[0]; canvas.title = top ? text(top.tip) : ""; canvas.style.cursor = top ? "pointer" : "grab"; return; }
    if (fingers.size === 1) {
      if (Math.hypot(now[0] - before[0], now[1] - before[1]) < 3 && !moved) return;
      moved = true;
      view.x -= (now[0] - before[0]) / view.scale; view.y += (now[1] - before[1]) / view.scale;
    }
    fingers.set(e.pointerId, now);
    if (fingers.size === 2) {
      const [a, b] = [...fingers.values()], apart = Math.hypot(a[0] - b[0], a[1] - b[1]);
      if (spread) zoom(apart / spread, [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]);
      spread = apart; moved = true;
    }
    redraw();
  });
  const lift = (e) => {
    if (fingers.delete(e.pointerId) && !moved && e.type === "pointerup") tell(under(spot(e)), 0);
    spread = 0;
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
  canvas.addEventListener("wheel", (e) => { e.preventDefault(); zoom(Math.exp(-e.deltaY * 0.0015), spot(e)); }, { passive: false });
  canvas.addEventListener("keydown", (e) => {
    const step = 60 / view.scale, moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    if (moves[e.key]) { view.x += moves[e.key][0]; view.y += moves[e.key][1]; redraw(); }
    else if (e.key === "+" || e.key === "=") zoom(1.4);
    else if (e.key === "-") zoom(1 / 1.4);
    else if (e.key === "0") fit();
    else return;
    e.preventDefault();
  });
  const press = { in: () => zoom(1.5), out: () => zoom(1 / 1.5), fit };
  holder.querySelectorAll("[data-press]").forEach((b) => { b.onclick = press[b.dataset.press]; });
  // A canvas is blank once its size changes: draw in the same turn.
  new ResizeObserver(() => { if (resize()) draw(); }).observe(canvas);
  window.addEventListener("beforeprint", () => { resize(3); draw(); });
  window.addEventListener("afterprint", () => { resize(); draw(); });

  // Links from tables and sections to the map.
  document.querySelectorAll("[data-map-theme]").forEach((a) => a.addEventListener("click", () => theme(a.dataset.mapTheme)));

  resize();
  // report.html#theme=links opens the map on a theme.
  const asked = /theme=(\w+)/.exec(location.hash);
  theme(asked && data.themes.some(([name]) => name === asked[1]) ? asked[1] : "overview");
  fit();
  tell([], 0);
  draw();
})();
