// The conversation: messages in order, days between them, albums together, and a scroll that stays put.

import { $, h } from "./dom.js";
import { MessageView } from "./message.js";

const NEAR = 90;

export class Log {
  constructor(actions) {
    this.actions = actions;
    this.scroll = $("scroll");
    this.root = $("log");
    this.views = new Map();
    this.order = [];
    this.stuck = true;
    this.top = 0;
    this.height = 0;
    this.unseen = 0;
    this.queries = new Map();
    this.shows = () => true;
    this.scroll.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    const sized = new ResizeObserver(() => this.#resized());
    sized.observe(this.root);
    sized.observe(this.scroll);
    $("down").addEventListener("click", () => this.toEnd(true));
  }

  clear() {
    this.views.clear();
    this.order = [];
    this.root.replaceChildren();
    this.stuck = true;
    this.#seen();
  }

  get(id) {
    return this.views.get(id)?.message;
  }

  /** How many messages are shown. */
  get size() {
    return this.#shown().length;
  }

  /** Shows only those for which `test` holds: a topic's, say. */
  only(test) {
    this.shows = test;
    this.#arrange();
    this.stuck = true;
    this.toEnd();
  }

  #shown() {
    return this.order.filter((id) => this.shows(this.get(id)));
  }

  /** Takes in new and changed messages, and takes out deleted ones. */
  take(messages, deleted, { quietly }) {
    let shape = false;
    for (const id of deleted) shape = this.#remove(id) || shape;
    for (const message of messages) {
      let view = this.views.get(message.message_id);
      if (!view) {
        view = this.#add(message.message_id, quietly);
        shape = true;
        if (!quietly && message.from_bot && !this.stuck) this.unseen += 1;
        if (!quietly && !message.from_bot) this.stuck = true;
      }
      view.update(message, message.reply_to ? this.get(message.reply_to) : null);
    }
    if (shape) this.#arrange();
    this.#seen();
    if (this.stuck) this.toEnd();
  }

  settle(queries) {
    for (const query of queries) for (const view of this.views.values()) view.settle(query);
  }

  toEnd(smooth = false) {
    this.scroll.scrollTo({ top: this.scroll.scrollHeight, behavior: smooth ? "smooth" : "instant" });
  }

  jump(id) {
    const view = this.views.get(id);
    if (!view) return;
    view.element.scrollIntoView({ block: "center", behavior: "smooth" });
    view.element.classList.remove("flash");
    requestAnimationFrame(() => view.element.classList.add("flash"));
  }

  #add(id, quietly) {
    const view = new MessageView(this.actions);
    if (!quietly) view.element.classList.add("fresh");
    this.views.set(id, view);
    let place = this.order.length;
    while (place > 0 && this.order[place - 1] > id) place -= 1;
    this.order.splice(place, 0, id);
    return view;
  }

  #remove(id) {
    const view = this.views.get(id);
    if (!view) return false;
    this.views.delete(id);
    this.order.splice(this.order.indexOf(id), 1);
    view.element.remove();
    return true;
  }

  /** Puts rows, days and albums in their places; what already stands right is not touched. */
  #arrange() {
    const wanted = [];
    const days = new Map([...this.root.querySelectorAll(":scope > .day")].map((day) => [day.dataset.day, day]));
    const albums = new Map([...this.root.querySelectorAll(":scope > .album")].map((album) => [album.dataset.group, album]));
    let before = null;
    for (const id of this.#shown()) {
      const { message, element } = this.views.get(id);
      const day = dayOf(message.date);
      if (!before || dayOf(before.date) !== day) wanted.push(days.get(day) ?? dayMark(day, message.date));
      const close = before && before.from_bot === message.from_bot && dayOf(before.date) === day && message.date - before.date < 300;
      element.classList.toggle("follows", Boolean(close));
      if (message.media_group_id && (message.photo || message.video)) {
        const group = message.media_group_id;
        const album = albums.get(group) ?? h("div", { class: "album", dataset: { group } });
        albums.set(group, album);
        album.classList.toggle("mine", !message.from_bot);
        album.append(element);
        if (wanted.at(-1) !== album) wanted.push(album);
      } else {
        wanted.push(element);
      }
      before = message;
    }
    const keep = new Set(wanted);
    for (const child of [...this.root.children]) if (!keep.has(child)) child.remove();
    wanted.forEach((child, place) => {
      if (this.root.children[place] !== child) this.root.insertBefore(child, this.root.children[place] ?? null);
    });
  }

  #resized() {
    if (this.stuck) this.toEnd();
    this.top = this.scroll.scrollTop;
    this.height = this.scroll.scrollHeight;
  }

  #scrolled() {
    const { scrollTop: top, scrollHeight: height, clientHeight } = this.scroll;
    // Only a person going up leaves the end. A log that grows (a picture has loaded) is followed, and one that
    // shrinks (a message was taken out) is moved by the browser, which tells it late: by then it may have grown again.
    if (height - top - clientHeight < NEAR) this.stuck = true;
    else if (top < this.top && height === this.height) this.stuck = false;
    this.top = top;
    this.height = height;
    this.#seen();
  }

  #seen() {
    if (this.stuck) this.unseen = 0;
    $("down").hidden = this.stuck;
    $("unseen").hidden = this.unseen === 0;
    $("unseen").textContent = String(this.unseen);
  }
}

const dayOf = (seconds) => new Date(seconds * 1000).toDateString();

function dayMark(day, seconds) {
  const date = new Date(seconds * 1000);
  const today = new Date();
  const yesterday = new Date(today);
  yesterday.setDate(today.getDate() - 1);
  let name = date.toLocaleDateString([], { day: "numeric", month: "long", ...(date.getFullYear() === today.getFullYear() ? {} : { year: "numeric" }) });
  if (day === today.toDateString()) name = "Today";
  if (day === yesterday.toDateString()) name = "Yesterday";
  return h("div", { class: "day", dataset: { day } }, name);
}
