// One little phone: its status bar, its chat with the sender, an answer box, two switches.

import { avatar, clock, h, icon, size } from "./dom.js";

const CLIP = "M20 11l-8 8a5 5 0 0 1-7-7l8.500-8.500a3.500 3.500 0 0 1 5 5L10 17a1.500 1.500 0 0 1-2-2l7.500-7.500";
const SEND = "M12 19V6M6.500 11L12 5.500l5.500 5.500";
const STATES = { sent: ["✓", "sent"], delivered: ["✓✓", "delivered"], read: ["✓✓", "read"], blocked: ["✓", "never delivered"], failed: ["!", "failed"] };
export const CHANNELS = { simulated: "Simulated", cloud: "Official", web: "WhatsApp Web" };
const regions = typeof Intl.DisplayNames === "function" ? new Intl.DisplayNames(["en"], { type: "region" }) : null;

export class PhoneCard {
  constructor(actions, { whole = false } = {}) {
    this.actions = actions;
    this.whole = whole;
    this.phone = null;
    this.drawn = new Map();
    this.time = h("span", {});
    this.signal = h("span", { class: "signal" });
    this.name = h("b", { dir: "auto" });
    this.about = h("small", {});
    this.badge = h("span", { class: "badge", "data-testid": "unread" });
    this.face = h("span", {});
    this.head = h("button", { class: "head", type: "button", "data-testid": "open-phone", onclick: () => !whole && actions.open(this.phone) },
      this.face, h("span", { class: "who" }, this.name, this.about), this.badge);
    this.talk = h("div", { class: "talk", role: "log", tabindex: "0", "aria-label": "Messages on this phone" });
    // Pictures take their room when they have loaded, and the end stays the end. "load" does not bubble.
    this.talk.addEventListener("load", () => this.ended && this.toEnd(), true);
    this.talk.addEventListener("scroll", () => (this.ended = this.#nearEnd()), { passive: true });
    this.ended = true;
    this.veil = h("div", { class: "veil", "data-testid": "phone-state" });
    this.input = h("input", { "aria-label": "Answer from this phone", placeholder: "Answer", maxlength: "4096", autocomplete: "off", "data-testid": "phone-reply" });
    this.file = h("input", { type: "file", hidden: true, "data-testid": "phone-file", onchange: () => this.#attach() });
    this.clip = h("button", { class: "clip", type: "button", "aria-label": "Attach a picture or file", "data-testid": "phone-attach", onclick: () => this.file.click() }, icon(CLIP));
    this.stop = h("button", { class: "stop", type: "button", title: "Answer STOP", "data-testid": "phone-stop", onclick: () => actions.reply(this.phone, "STOP") }, "STOP");
    this.form = h("form", { class: "answer", onsubmit: (event) => this.#answer(event) }, this.file, this.clip, this.input, this.stop, h("button", { type: "submit", "aria-label": "Send the answer", "data-testid": "phone-send" }, icon(SEND)));
    this.glass = h("div", { class: "glass" }, h("div", { class: "bar" }, this.time, h("i", { "aria-hidden": "true" }), this.signal), this.head, this.talk, this.veil, this.form);
    this.online = toggle("Online", "", "phone-online", (on) => actions.change(this.phone, { offline: !on }));
    this.block = toggle("Block sender", "bad", "phone-block", (on) => actions.change(this.phone, { blocked: on }));
    // As WhatsApp lets people choose it; who wrote hears of it.
    this.marketing = toggle("No offers", "bad", "phone-marketing", (on) => actions.change(this.phone, { stopped: on }));
    this.channel = h("small", { class: "channel", "data-testid": "phone-channel" });
    this.element = h("article", { class: "phone", "data-testid": "phone" }, this.glass, h("div", { class: "switches" }, this.online.label, this.marketing.label, this.block.label, this.channel));
  }

  update(phone, fresh = false) {
    const grew = this.phone && phone.count > this.phone.count;
    // A short state must not cut a whole history that is on show.
    const bubbles = this.whole && this.phone && phone.bubbles.length < Math.min(this.phone.bubbles.length, phone.count) ? this.phone.bubbles : phone.bubbles;
    this.phone = { ...phone, bubbles };
    const element = this.element;
    element.dataset.number = phone.number;
    element.dataset.channel = phone.channel;
    this.channel.textContent = CHANNELS[phone.channel] ?? phone.channel;
    this.online.label.hidden = phone.channel !== "simulated";
    this.block.label.hidden = phone.channel === "web";
    this.marketing.label.hidden = phone.channel !== "cloud";
    this.marketing.show(phone.stopped === true);
    element.classList.toggle("off", phone.offline);
    element.setAttribute("aria-label", `Phone ${phone.number}`);
    this.#head(phone);
    this.online.show(!phone.offline);
    this.block.show(phone.blocked);
    for (const one of [this.input, this.clip, this.stop]) one.disabled = phone.offline;
    this.signal.textContent = phone.offline ? "✈ offline" : "▮▮▮ 5G";
    const waiting = bubbles.filter((bubble) => bubble.state === "sent" && !bubble.mine).length;
    this.veil.hidden = !(phone.offline || phone.blocked);
    this.veil.textContent = phone.blocked ? "Has blocked the sender" : `Offline${waiting ? ` · ${waiting} waiting` : ""}`;
    this.#bubbles(bubbles, phone);
    if (fresh && (grew || this.drawn.size === 1)) this.#flash();
  }

  #nearEnd() {
    return this.talk.scrollHeight - this.talk.scrollTop - this.talk.clientHeight < 60;
  }

  toEnd() {
    this.ended = true;
    this.talk.scrollTop = this.talk.scrollHeight;
  }

  focus() {
    this.input.focus();
  }

  #head(phone) {
    const name = phone.name ?? phone.number;
    if (this.name.textContent !== name) {
      this.name.textContent = name;
      this.name.id = this.whole ? "phone-title" : "";
      this.face.replaceChildren(avatar(phone.name ?? phone.number.slice(-2)));
    }
    const place = phone.region && regions ? regions.of(phone.region) : "";
    this.about.textContent = phone.name ? `${phone.number}${place ? ` · ${place}` : ""}` : place || "phone";
    this.badge.hidden = phone.unread === 0;
    this.badge.textContent = String(phone.unread);
    this.badge.setAttribute("aria-label", `${phone.unread} unread`);
    this.head.setAttribute("aria-label", this.whole ? `Phone ${phone.number}` : `Open the phone ${phone.number}`);
    const last = phone.bubbles.at(-1);
    this.time.textContent = last ? clock(new Date(last.at)) : "";
  }

  #bubbles(bubbles, phone) {
    const near = this.ended;
    const keep = new Set();
    const rows = [];
    const hidden = phone.count - bubbles.length;
    if (hidden > 0) rows.push(h("button", { class: "more", type: "button", onclick: () => this.actions.open(phone) }, `${hidden} earlier`));
    for (const bubble of bubbles) {
      const seen = JSON.stringify([bubble.state, phone.offline, phone.blocked]);
      const old = this.drawn.get(bubble.id);
      if (old?.seen === seen) rows.push(old.row);
      else {
        const row = old ? restate(old.row, bubble) : draw(bubble, phone.api, (button) => this.actions.tap(this.phone, button));
        this.drawn.set(bubble.id, { seen, row });
        rows.push(row);
      }
      keep.add(bubble.id);
    }
    for (const id of [...this.drawn.keys()]) if (!keep.has(id)) this.drawn.delete(id);
    if (rows.length !== this.talk.children.length || rows.some((row, place) => this.talk.children[place] !== row)) this.talk.replaceChildren(...rows);
    if (near) this.toEnd();
  }

  #flash() {
    this.element.classList.remove("fresh");
    requestAnimationFrame(() => this.element.classList.add("fresh"));
  }

  async #attach() {
    const [file] = this.file.files;
    this.file.value = "";
    if (!file) return;
    const text = this.input.value.trim();
    if (await this.actions.attach(this.phone, file, text)) this.input.value = "";
    this.toEnd();
  }

  async #answer(event) {
    event.preventDefault();
    const text = this.input.value.trim();
    if (!text) return;
    this.input.value = "";
    if (!(await this.actions.reply(this.phone, text))) this.input.value = text;
    this.toEnd();
  }
}

/** A switch; `change` says when it is done. What is told of the phone meanwhile may be from before. */
function toggle(name, kind, testid, change) {
  const input = h("input", { type: "checkbox", role: "switch", "data-testid": testid });
  let told = false;
  let changing = 0;
  const put = () => {
    if (!changing) input.checked = told;
  };
  input.addEventListener("change", async () => {
    changing += 1;
    try {
      await change(input.checked);
    } finally {
      changing -= 1;
      put();
    }
  });
  const show = (checked) => {
    told = checked;
    put();
  };
  return { show, label: h("label", { class: `switch ${kind}` }, input, name) };
}

function draw(bubble, api, tap) {
  const row = h("div", { class: bubble.mine ? "bub mine" : "bub", "data-testid": bubble.mine ? "phone-answer" : "phone-message" }, media(bubble.media, api), bubble.text ? h("p", { dir: "auto" }, bubble.text) : "", h("footer", {}),
    ...(bubble.buttons ?? []).map((button) => h("button", { class: "choice", type: "button", "data-testid": "phone-button", onclick: () => tap(button) }, button)));
  return restate(row, bubble);
}

/** The parts that change after a message came: its ticks, and whether the phone has it at all. */
function restate(row, bubble) {
  row.dataset.state = bubble.mine ? "mine" : bubble.state;
  row.classList.toggle("waiting", !bubble.mine && ["sent", "blocked", "failed"].includes(bubble.state));
  const [ticks, words] = STATES[bubble.state] ?? STATES.sent;
  const time = new Date(bubble.at);
  row.querySelector("footer").replaceChildren(
    h("time", { datetime: bubble.at }, clock(time)),
    bubble.mine ? "" : h("span", { class: `ticks ${bubble.state}`, role: "img", "aria-label": words, title: words }, ticks),
  );
  return row;
}

function media(file, api) {
  if (!file) return "";
  const url = `${api}/media/${file.name}?mime=${encodeURIComponent(file.mime)}`;
  if (file.kind === "photo") return h("img", { src: url, alt: file.filename, loading: "lazy" });
  if (file.kind === "video") return h("video", { src: url, controls: true, preload: "metadata" });
  if (file.kind === "audio" || file.kind === "voice") return h("audio", { src: url, controls: true, preload: "metadata", "aria-label": file.filename });
  return h("a", { class: "file", href: url, download: file.filename }, h("span", {}, file.filename, h("small", {}, size(file.size))));
}
