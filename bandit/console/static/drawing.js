// SPDX-License-Identifier: Apache-2.0
// Small drawings made of elements. Text always goes in as text, never as markup.

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

function shape(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function canvas(label) {
  const svg = shape("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none", role: "img" });
  const title = shape("title", {});
  title.textContent = label;
  svg.append(title);
  return svg;
}

export const percent = (value, digits = 1) => `${(100 * value).toFixed(digits)} %`;

export const amount = (value) =>
  value === null ? "–" : Math.abs(value) >= 10 ? value.toFixed(1) : value.toPrecision(3);

// A bar of a share between 0 and 1.
export function bar(share) {
  const svg = canvas(percent(share));
  svg.append(
    shape("rect", { class: "rail", x: 0, y: 2, width: 100, height: 6, rx: 1 }),
    shape("rect", { class: "fill", x: 0, y: 2, width: 100 * share, height: 6, rx: 1 }),
  );
  return svg;
}

// An interval with its mean on a scale from `low` to `high`; `mark` draws a line that it is compared with.
export function band(bounded, { low, high, mark = null, kind = "" }) {
  const at = (value) => (100 * (Math.min(Math.max(value, low), high) - low)) / (high - low || 1);
  const svg = canvas(`${amount(bounded.low)} to ${amount(bounded.high)}`);
  svg.append(shape("rect", { class: "rail", x: 0, y: 4.5, width: 100, height: 1 }));
  if (mark !== null) svg.append(shape("rect", { class: "mark", x: at(mark) - 0.25, y: 0, width: 0.5, height: 10 }));
  if (bounded.mean !== null) {
    const left = at(bounded.low);
    svg.append(
      shape("rect", { class: `band ${kind}`, x: left, y: 2.5, width: Math.max(at(bounded.high) - left, 0.5), height: 5, rx: 1 }),
      shape("rect", { class: "mean", x: at(bounded.mean) - 0.5, y: 1, width: 1, height: 8 }),
    );
  }
  return svg;
}
