// SPDX-License-Identifier: Apache-2.0
// Reads the report of the chosen placement every two seconds and draws it.

import { amount, band, bar, element, percent } from "/console/drawing.js";

const EVERY_MS = 2000;
const GROUPS = { policy: "Learned", holdout: "Uniform holdout", fallback: "Fallback" };
const part = (id) => document.getElementById(id);

class NeedsKey extends Error {}

async function ask(path) {
  const key = sessionStorage.getItem("slotwise-key");
  const reply = await fetch(path, { headers: key ? { Authorization: `Bearer ${key}` } : {} });
  const body = await reply.json();
  if (reply.status === 401) throw new NeedsKey();
  if (!reply.ok) throw new Error(body.error.message);
  return body;
}

function chosen(placements) {
  const wanted = decodeURIComponent(location.hash.slice(1));
  return wanted in placements ? wanted : Object.keys(placements)[0];
}

function about({ policy, model, findings }) {
  const told = Object.entries(findings).map(([name, value]) => {
    const shown = typeof value === "number" && !Number.isInteger(value) ? amount(value) : String(value ?? "–");
    return `${name} ${shown}`;
  });
  return [`${policy}, model ${model}`, ...told].join(" · ");
}

function drawPlacements(placements, current) {
  part("placements").replaceChildren(
    ...Object.keys(placements).map((name) =>
      element("a", { href: `#${encodeURIComponent(name)}`, "aria-current": name === current && "page" }, name),
    ),
  );
}

function verdict(lift) {
  if (lift.mean === null) return "not enough yet";
  if (lift.low > 0) return "surely better";
  if (lift.high < 0) return "surely worse";
  return "not sure yet";
}

function kindOf(lift) {
  if (lift.mean === null || (lift.low <= 0 && lift.high >= 0)) return "";
  return lift.low > 0 ? "better" : "worse";
}

function drawGroups(report) {
  const cards = Object.entries(GROUPS)
    .filter(([group]) => group !== "fallback" || report.decisions.fallback > 0)
    .map(([group, title]) => {
      const reward = report.reward[group];
      return element(
        "div",
        { class: `card ${group}` },
        element("h3", {}, title),
        element("p", { class: "big" }, amount(reward.mean)),
        element("p", {}, `reward per slot, ${amount(reward.low)} to ${amount(reward.high)}`),
        element("p", {}, `${report.decisions[group].toLocaleString("en")} decisions`),
      );
    });
  const lift = report.lift;
  const learned = report.reward.policy.mean;
  const held = report.reward.holdout.mean;
  const ratio = learned !== null && held > 0 ? `${(learned / held).toFixed(2)} times the holdout` : "";
  cards.push(
    element(
      "div",
      { class: `card lift ${kindOf(lift)}` },
      element("h3", {}, "Lift"),
      element("p", { class: "big" }, lift.mean === null ? "–" : `${lift.mean > 0 ? "+" : ""}${amount(lift.mean)}`),
      element("p", {}, `${verdict(lift)}, ${amount(lift.low)} to ${amount(lift.high)}`),
      element("p", {}, ratio),
    ),
  );
  part("groups").replaceChildren(...cards);
}

function badges(arm, setting) {
  const now = Date.now();
  const list = [];
  if (!arm.in_catalogue) list.push("not in the catalogue");
  if (arm.paused) list.push("paused");
  if (setting?.starts_at && Date.parse(setting.starts_at) > now) list.push("not started");
  if (setting?.ends_at && Date.parse(setting.ends_at) <= now) list.push("ended");
  if (setting?.eligible) list.push("rule");
  if (setting?.cap) list.push(`cap ${setting.cap.per_user}`);
  if (setting?.boost && setting.boost !== 1) list.push(`boost ${setting.boost}`);
  return list.map((text) => element("span", { class: "badge" }, text));
}

function drawArms(report, placement) {
  const means = report.arms.map(({ reward }) => reward.mean).filter((mean) => mean !== null);
  const scale = { low: Math.min(0, ...means), high: Math.max(...means, 0.01) * 1.6 };
  const lifts = report.arms.map(({ lift }) => Math.abs(lift.mean ?? 0));
  const reach = Math.max(...lifts, 0.01) * 1.6;
  part("arms").replaceChildren(
    ...report.arms.map((arm) => {
      const setting = placement.arms?.[arm.arm];
      const title = setting?.payload?.title;
      return element(
        "tr",
        { class: arm.paused || !arm.in_catalogue ? "off" : "" },
        element("th", { scope: "row" }, typeof title === "string" ? title : arm.arm, element("small", {}, arm.arm), ...badges(arm, setting)),
        element("td", { class: "drawn" }, bar(arm.share), element("span", {}, percent(arm.share))),
        element("td", { class: "number" }, arm.shown.toLocaleString("en")),
        element("td", { class: "number" }, arm.rewards.toLocaleString("en")),
        element("td", { class: "drawn" }, band(arm.reward, { ...scale, mark: report.reward.holdout.mean }), element("span", {}, amount(arm.reward.mean))),
        element("td", { class: "drawn" }, band(arm.lift, { low: -reach, high: reach, mark: 0, kind: kindOf(arm.lift) }), element("span", {}, verdict(arm.lift))),
      );
    }),
  );
}

async function refresh() {
  try {
    const { placements } = await ask("/v1/placements");
    const name = chosen(placements);
    part("sign-in").hidden = true;
    part("empty").hidden = name !== undefined;
    part("placement").hidden = name === undefined;
    drawPlacements(placements, name);
    if (name !== undefined) {
      const report = await ask(`/v1/placements/${encodeURIComponent(name)}/report`);
      part("title").textContent = name;
      part("about").textContent = about(report);
      drawGroups(report);
      drawArms(report, placements[name]);
    }
    part("status").textContent = `as of ${new Date().toLocaleTimeString("en-GB")}`;
  } catch (error) {
    part("sign-in").hidden = !(error instanceof NeedsKey);
    part("placement").hidden = error instanceof NeedsKey;
    part("status").textContent = error instanceof NeedsKey ? "" : `not answering: ${error.message}`;
  }
}

part("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem("slotwise-key", part("key").value.trim());
  refresh();
});
window.addEventListener("hashchange", refresh);
setInterval(refresh, EVERY_MS);
refresh();
