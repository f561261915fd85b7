// Helpers of the map that know nothing of its state: paths, hit tests, symbols.
"use strict";
const ParkShapes = (function () {
  // Differences in steps -> points in metres, north up.
  function decode(rings, step) {
    return rings.map((flat) => {
      const points = [];
      let x = 0, y = 0;
      for (let i = 0; i < flat.length; i += 2) {
        x += flat[i]; y += flat[i + 1];
        points.push([x * step, y * step]);
      }
      return points;
    });
  }

  function boxOf(rings) {
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (const ring of rings) for (const [x, y] of ring) {
      box[0] = Math.min(box[0], x); box[1] = Math.min(box[1], y);
      box[2] = Math.max(box[2], x); box[3] = Math.max(box[3], y);
    }
    return box;
  }

  function trace(path, rings, closed) {
    for (const ring of rings) {
      ring.forEach(([x, y], i) => (i ? path.lineTo(x, y) : path.moveTo(x, y)));
      if (closed) path.closePath();
    }
  }

  function rgba(colour, opacity) {
    const n = parseInt(colour.slice(1), 16);
    return `rgba(${n >> 16},${(n >> 8) & 255},${n & 255},${opacity})`;
  }

  function marker(pen, kind, x, y, r) {
    pen.beginPath();
    if (kind === "square") pen.rect(x - r, y - r, 2 * r, 2 * r);
    else if (kind === "diamond") { pen.moveTo(x, y - r * 1.25); pen.lineTo(x + r * 1.25, y); pen.lineTo(x, y + r * 1.25); pen.lineTo(x - r * 1.25, y); pen.closePath(); }
    else pen.arc(x, y, r, 0, 7);
  }

  function inside([x, y], rings) {
    let odd = false;
    for (const ring of rings) for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [ax, ay] = ring[i], [bx, by] = ring[j];
      if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
    }
    return odd;
  }
  function near([x, y], rings, reach) {
    return rings.some((ring) => ring.some(([bx, by], i) => {
      if (!i) return false;
      const [ax, ay] = ring[i - 1], dx = bx - ax, dy = by - ay;
      const t = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
      return Math.hypot(ax + t * dx - x, ay + t * dy - y) <= reach;
    }));
  }

  // textContent only, so that no name can be markup.
  function element(tag, content, cls) {
    const e = document.createElement(tag);
    if (content !== undefined) e.textContent = content;
    if (cls) e.className = cls;
    return e;
  }

  function swatch(layer, cls) {
    const [, colour, second, dashed, hollow] = cls, ns = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(ns, "svg");
    svg.setAttribute("viewBox", "0 0 22 14"); svg.setAttribute("class", "swatch");
    const put = (tag, values) => { const e = document.createElementNS(ns, tag); for (const k in values) e.setAttribute(k, values[k]); svg.append(e); };
    if (layer.geometry === "line") {
      put("line", { x1: 1, x2: 21, y1: 7, y2: 7, stroke: colour, "stroke-width": 3, "stroke-dasharray": dashed ? "5 3" : "none" });
      if (second) put("line", { x1: 1, x2: 21, y1: 7, y2: 7, stroke: second, "stroke-width": 2, "stroke-dasharray": "4 4" });
    } else if (layer.geometry === "polygon") {
      put("rect", { x: 2, y: 1, width: 18, height: 12, fill: layer.hatch ? "none" : colour, "fill-opacity": layer.opacity, stroke: layer.outline === "same" ? colour : layer.outline || "none", "stroke-dasharray": dashed ? "4 2" : "none" });
      if (layer.hatch) for (const x of [4, 9, 14]) put("line", { x1: x, x2: x + 6, y1: 13, y2: 1, stroke: colour });
    } else {
      const look = { fill: hollow ? "none" : colour, stroke: hollow ? colour : second || "#fff", "stroke-width": 1.5 };
      if (layer.marker === "square") put("rect", { x: 6, y: 2, width: 10, height: 10, ...look });
      else if (layer.marker === "diamond") put("path", { d: "M11 1L17 7L11 13L5 7Z", ...look });
      else put("circle", { cx: 11, cy: 7, r: 4.5, ...look });
    }
    return svg;
  }

  // How a line or a point of some size is drawn; bundles of lines are slimmer from afar.
  function sizeSwatch(layer, px) {
    const ns = "http://www.w3.org/2000/svg", line = layer.geometry === "line";
    const svg = document.createElementNS(ns, "svg"), sign = document.createElementNS(ns, line ? "line" : "circle");
    svg.setAttribute("viewBox", line ? "0 0 22 14" : "0 0 22 26"); svg.setAttribute("class", line ? "swatch" : "swatch tall");
    const look = line ? { x1: 0, x2: 22, y1: 7, y2: 7, stroke: "#5b6875", "stroke-width": px } : { cx: 11, cy: 13, r: px / 2, fill: "none", stroke: "#5b6875" };
    for (const [k, v] of Object.entries(look)) sign.setAttribute(k, v);
    svg.append(sign);
    sign.dataset.px = px;
    if (line && layer.spread.length) sign.dataset.bundle = "yes";
    return svg;
  }

  // Pipes of several networks in one street stand side by side: a line moved sideways by some metres, always to
  // the same side of the street whichever way it was drawn.
  function aside(points, distance) {
    const a = points[0], b = points[points.length - 1];
    const turn = a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]) ? 1 : -1, d = turn * distance;
    const normal = ([x0, y0], [x1, y1]) => { const l = Math.hypot(x1 - x0, y1 - y0) || 1; return [(y1 - y0) / l, -(x1 - x0) / l]; };
    return points.map((p, i) => {
      const m = i ? normal(points[i - 1], p) : normal(p, points[1] || p), n = i < points.length - 1 ? normal(p, points[i + 1]) : m;
      const k = Math.max(1 + m[0] * n[0] + m[1] * n[1], 0.5);
      return [p[0] + (d * (m[0] + n[0])) / k, p[1] + (d * (m[1] + n[1])) / k];
    });
  }

  return { decode, boxOf, trace, rgba, marker, inside, near, element, swatch, sizeSwatch, aside };
})();
