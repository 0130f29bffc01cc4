// One message as elements. Only the parts that changed are replaced, so that a live edit neither flickers nor moves.

import { clock, h, icon, safeHtml, size } from "./dom.js";

const REPLY = "M10 7L5 12l5 5M5.500 12H14a5 5 0 0 1 5 5v1";
const FORWARD = "M14 7l5 5-5 5M18.500 12H10a5 5 0 0 0-5 5v1";

/** A short line of what a message says. */
export function gist(message) {
  const words = (message.text || message.caption || "").replace(/\s+/g, " ").trim();
  if (words) return words.slice(0, 140);
  if (message.photo) return "Photo";
  if (message.document) return message.document.name;
  if (message.video) return "Video";
  if (message.audio) return "Audio";
  if (message.voice) return "Voice message";
  if (message.contact) return `Contact: ${message.contact.first_name}`;
  if (message.invoice) return message.invoice.title;
  return message.service ?? "Message";
}

export class MessageView {
  constructor(actions) {
    this.actions = actions;
    this.message = null;
    this.parts = new Map();
    this.body = h("div", { class: "body" });
    this.text = h("div", { class: "text", "data-testid": "message-text", dir: "auto" });
    this.meta = h("div", { class: "meta" });
    this.bubble = h("div", { class: "bubble" }, this.body);
    this.keys = h("div", { class: "keys", "data-testid": "keyboard" });
    this.stack = h("div", { class: "stack" }, this.bubble);
    this.reply = h("button", { class: "reply-button", type: "button", "aria-label": "Reply to this message", "data-testid": "reply", onclick: () => actions.reply(this.message) }, icon(REPLY));
    this.forward = h("button", { class: "reply-button", type: "button", "aria-label": "Forward this message", "data-testid": "forward", onclick: () => actions.forward(this.message) }, icon(FORWARD));
    this.element = h("div", { class: "row", "data-testid": "message" }, this.stack, h("div", { class: "deeds" }, this.reply, this.forward));
    this.stack.addEventListener("dblclick", (event) => {
      if (!event.target.closest("a, button, audio, video")) actions.reply(this.message);
    });
    this.bubble.addEventListener("click", (event) => this.#clicked(event));
    this.bubble.addEventListener("keydown", (event) => event.key === "Enter" && this.#clicked(event));
  }

  update(message, quoted) {
    this.message = message;
    const element = this.element;
    element.dataset.messageId = message.message_id;
    element.dataset.from = message.from_bot ? "bot" : "user";
    element.classList.toggle("mine", !message.from_bot && !message.service);
    element.classList.toggle("service", Boolean(message.service));
    this.#part("media", message.photo ?? message.video?.url, () => this.#media(message));
    this.#part("quote", quoted && [quoted.message_id, gist(quoted)], () => this.#quote(quoted));
    this.#part("files", [message.document, message.audio, message.voice, message.contact, message.invoice, message.service, message.forwarded_from], () => this.#cards(message));
    this.#part("text", message.html || message.text || message.caption || "", () => this.#words(message));
    this.#part("meta", [message.date, message.edited], () => {
      const sent = new Date(message.date * 1000);
      this.meta.replaceChildren(message.edited ? h("span", {}, "edited") : "", h("time", { datetime: sent.toISOString() }, clock(sent)));
    });
    this.#part("keys", message.keyboard ?? [], () => this.#keyboard(message));
    this.#arrange();
  }

  /** The tap was answered: its button stops turning. */
  settle(query) {
    for (const key of this.keys.querySelectorAll(`[data-query="${CSS.escape(query)}"]`)) this.#stop(key);
  }

  #part(name, value, draw) {
    const seen = JSON.stringify(value ?? null);
    if (this.parts.get(name) === seen) return;
    this.parts.set(name, seen);
    draw();
  }

  #arrange() {
    const inside = [this.quote, ...(this.cards ?? []), this.text.hasChildNodes() && this.text, this.meta].filter(Boolean);
    sync(this.body, inside);
    this.bubble.classList.toggle("bare", Boolean(this.picture) && inside.length === 1);
    sync(this.bubble, [this.picture, this.body].filter(Boolean));
    const keyed = this.keys.hasChildNodes();
    this.element.classList.toggle("has-keys", keyed);
    sync(this.stack, keyed ? [this.bubble, this.keys] : [this.bubble]);
  }

  #media(message) {
    if (message.video?.url) {
      this.picture = h("video", { src: message.video.url, controls: true, preload: "metadata", "data-testid": "video" });
    } else if (!message.photo) {
      this.picture = null;
    } else if (this.picture?.matches?.(".photo")) {
      this.#swap(message.photo);
    } else {
      const image = h("img", { src: message.photo, alt: message.caption ? "" : "Photo", "data-testid": "photo" });
      this.picture = h("button", { class: "photo", type: "button", "aria-label": "Enlarge the picture", onclick: () => this.actions.enlarge(this.message) }, image);
    }
  }

  /** The new picture takes the old one's place once it is ready to be shown. */
  #swap(url) {
    const next = h("img", { src: url, alt: "Photo", "data-testid": "photo" });
    const show = () => this.message.photo === url && this.picture?.replaceChildren(next);
    next.decode().then(show, show);
  }

  #quote(quoted) {
    this.quote = quoted
      ? h("button", { class: "quote", type: "button", onclick: () => this.actions.jump(quoted.message_id) }, h("b", {}, quoted.from_name), h("span", { dir: "auto" }, gist(quoted)))
      : null;
  }

  #cards(message) {
    const { document: file, audio, voice, contact, invoice, service } = message;
    this.cards = [
      message.forwarded_from && h("div", { class: "forwarded", "data-testid": "forwarded" }, `Forwarded from ${message.forwarded_from}`),
      service && h("div", { class: "text", "data-testid": "service" }, service),
      file && fileCard(file),
      audio && h("div", {}, h("div", { class: "text" }, audio.title ?? audio.name), h("audio", { src: audio.url, controls: true, preload: "metadata" })),
      voice && h("audio", { src: voice.url, controls: true, preload: "metadata", "aria-label": "Voice message" }),
      contact && h("div", { class: "doc" }, h("div", { class: "doc-icon" }, "☎"), h("span", {}, h("b", {}, contact.first_name), h("small", {}, contact.phone_number))),
      invoice && h("div", { class: "bill", "data-testid": "invoice" }, h("b", {}, invoice.title), h("span", {}, invoice.description ?? ""), h("span", { class: "price" }, price(invoice))),
    ].filter(Boolean);
  }

  #words(message) {
    const plain = message.text || message.caption || "";
    this.text.replaceChildren(...(message.html ? [safeHtml(message.html)] : plain ? [plain] : []));
    // A quote is a block: the line break after it is its own.
    for (const quote of this.text.querySelectorAll("blockquote")) {
      const next = quote.nextSibling;
      if (next?.nodeType === Node.TEXT_NODE) next.data = next.data.replace(/^\n/, "");
    }
  }

  #keyboard(message) {
    const held = this.keys.contains(document.activeElement) ? [...this.keys.querySelectorAll(".key")].indexOf(document.activeElement) : -1;
    this.keys.replaceChildren(...(message.keyboard ?? []).map((row) => h("div", {}, row.map((button) => this.#key(button)))));
    // A redrawn keyboard gives the focus back to whoever navigates by keys.
    if (held >= 0) [...this.keys.querySelectorAll(".key")][held]?.focus({ preventScroll: true });
  }

  #key(button) {
    const made = h("button", { type: "button", class: `key ${["primary", "success", "danger"].includes(button.style) ? button.style : ""}`, "data-testid": "inline-button", dataset: { text: button.text } }, button.text);
    if (button.url) made.append(h("span", { class: "corner", "aria-hidden": "true" }, "↗"));
    if (button.copy_text) made.append(h("span", { class: "corner", "aria-hidden": "true" }, "⧉"));
    made.addEventListener("click", () => this.#press(made, button));
    return made;
  }

  async #press(key, button) {
    if (key.getAttribute("aria-busy") === "true") return;
    key.setAttribute("aria-busy", "true");
    const rescue = setTimeout(() => this.#stop(key), 15_000);
    key.dataset.rescue = rescue;
    try {
      const query = await this.actions.press(this.message, button);
      if (query) key.dataset.query = query;
      else this.#stop(key);
    } catch (error) {
      this.#stop(key);
      this.actions.complain(error);
    }
  }

  #stop(key) {
    clearTimeout(Number(key.dataset.rescue));
    key.removeAttribute("aria-busy");
    delete key.dataset.query;
  }

  #clicked(event) {
    const spoiler = event.target.closest(".spoiler");
    if (spoiler) spoiler.classList.toggle("open");
    const command = event.target.closest(".command");
    if (command) this.actions.say(command.textContent);
  }
}

function fileCard(file) {
  const type = /\.([a-z0-9]{1,5})$/i.exec(file.name ?? "")?.[1]?.toLowerCase() ?? "file";
  return h("a", { class: "doc", href: file.url, download: file.name, "data-testid": "document" },
    h("div", { class: "doc-icon", "aria-hidden": "true", dataset: { type } }, type.toUpperCase()),
    h("span", {}, h("b", {}, file.name), h("small", {}, size(file.size ?? 0))));
}

function price(invoice) {
  return invoice.currency === "XTR" ? `⭐ ${invoice.total_amount}` : `${(invoice.total_amount / 100).toFixed(2)} ${invoice.currency}`;
}

/** Makes `parent` hold exactly these children, touching only what differs. */
function sync(parent, wanted) {
  wanted.forEach((child, place) => {
    if (parent.children[place] !== child) parent.insertBefore(child, parent.children[place] ?? null);
  });
  while (parent.children.length > wanted.length) parent.lastElementChild.remove();
}
