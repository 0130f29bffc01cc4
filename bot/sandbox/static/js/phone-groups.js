// The phones in groups, one for each number of ours that people hear from; and the choice among them.

import { $, h } from "./dom.js";
import { CHANNELS } from "./phone-card.js";

const lastAt = (phone) => phone.bubbles.at(-1)?.at ?? "";

/** By channel and number of ours: two channels may have numbers that look alike. */
const keyOf = ({ api, line }) => `${api} ${line?.number ?? ""}`;

export class PhoneGroups {
  constructor(changed) {
    this.changed = changed;
    this.groups = new Map();
    this.chosen = null;
  }

  /** Puts a card into the group of whoever wrote last. Groups keep their places: who was busy last, on top, when it came. */
  place(card) {
    const { phone, element } = card;
    const key = keyOf(phone);
    if (card.group?.key === key) return;
    card.group = this.groups.get(key) ?? this.#make(key, phone);
    card.group.grid.append(element);
  }

  #make(key, phone) {
    const count = h("small", { "data-testid": "group-count" });
    const of = [CHANNELS[phone.channel] ?? phone.channel, phone.line?.name].filter(Boolean).join(" · ");
    const name = phone.line?.number ?? "No number yet";
    const head = h("h2", {}, h("bdi", {}, name), h("span", {}, of), count);
    const grid = h("div", { class: "grid" });
    const group = { key, grid, count, at: lastAt(phone), section: h("section", { class: "group", "data-testid": "group", "data-line": name }, head, grid), label: `${name} · ${CHANNELS[phone.channel] ?? ""}` };
    const older = [...this.groups.values()].filter((one) => one.at < group.at).map((one) => one.section);
    const next = [...$("groups").children].find((section) => older.includes(section));
    $("groups").insertBefore(group.section, next ?? null);
    this.groups.set(key, group);
    return group;
  }

  /** Whether a card is among those to be shown, by the choice of our numbers. */
  fits(card) {
    return this.chosen === null || card.group.key === this.chosen;
  }

  /** Counts, headings and choices, after cards came, went or were hidden. */
  show(cards) {
    const sizes = new Map();
    for (const card of cards) {
      const [all, visible] = sizes.get(card.group.key) ?? [0, 0];
      sizes.set(card.group.key, [all + 1, visible + (card.element.hidden ? 0 : 1)]);
    }
    for (const group of this.groups.values()) {
      const [all, visible] = sizes.get(group.key) ?? [0, 0];
      group.size = all;
      group.section.hidden = visible === 0;
      group.count.textContent = `${visible.toLocaleString()} phone${visible === 1 ? "" : "s"}`;
    }
    this.#choices();
  }

  #choices() {
    const listed = [...$("groups").children].map((section) => [...this.groups.values()].find((one) => one.section === section)).filter((one) => one.size > 0);
    $("lines").hidden = listed.length < 2 && this.chosen === null;
    const wanted = [["All our numbers", null], ...listed.map((one) => [one.label, one.key])];
    const seen = JSON.stringify(wanted);
    if (this.drawn !== seen) {
      this.drawn = seen;
      this.buttons = wanted.map(([label, key]) => [key, h("button", { type: "button", "data-testid": "line", onclick: () => this.choose(key) }, label)]);
      $("lines").replaceChildren(...this.buttons.map(([, button]) => button));
    }
    for (const [key, button] of this.buttons) button.setAttribute("aria-pressed", String(key === this.chosen));
  }

  choose(key) {
    this.chosen = key;
    this.changed();
  }
}
