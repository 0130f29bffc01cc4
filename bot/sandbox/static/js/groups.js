// Groups in the side, and the topics of the one that is shown.

import { get, post } from "./api.js";
import { $, avatar, h } from "./dom.js";

export class Groups {
  constructor(actions) {
    this.actions = actions;
    this.all = [];
    this.thread = null;
    this.isForum = false;
    $("add-group").addEventListener("click", () => {
      $("group-name").value = "";
      $("group").showModal();
    });
    $("group").querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#add();
    });
  }

  async load() {
    this.all = await get("/_sandbox/groups");
  }

  has(id, user) {
    return this.all.some((one) => one.id === id && one.members.includes(user));
  }

  /** Those that the person is in. */
  show(user, chat) {
    const mine = this.all.filter((one) => one.members.includes(user));
    $("groups-title").hidden = mine.length === 0;
    $("groups").replaceChildren(...mine.map((one) =>
      h("li", {}, h("button", { class: "user", type: "button", "data-testid": "group", "aria-current": one.id === chat ? "true" : null, onclick: () => this.actions.enter(one.id) },
        avatar(one.title), h("span", {}, h("b", {}, one.title), h("small", {}, one.is_forum ? "group with topics" : "group"))))));
  }

  /** Another chat is shown: its topics are not known yet. */
  entered() {
    this.isForum = false;
    this.drawn = null;
    this.#choose(null);
    $("topics").hidden = true;
  }

  /** The topics as they are now. One that was deleted is left for General. */
  topics({ chat, topics = [] }) {
    const isForum = Boolean(chat?.is_forum);
    const gone = this.thread !== null && !topics.some((one) => one.message_thread_id === this.thread);
    if (gone || isForum !== this.isForum) {
      this.isForum = isForum;
      this.#choose(gone ? null : this.thread);
    }
    $("topics").hidden = !isForum;
    const seen = JSON.stringify([topics, this.thread]);
    if (!isForum || this.drawn === seen) return;
    this.drawn = seen;
    this.known = topics;
    const tabs = [{ message_thread_id: null, name: "General" }, ...topics];
    $("topics").replaceChildren(...tabs.map((one) =>
      h("button", { class: "topic", type: "button", role: "tab", "data-testid": "topic", "aria-selected": String(one.message_thread_id === this.thread), onclick: () => this.#open(one.message_thread_id) },
        one.closed ? `\u2713 ${one.name}` : one.name)));
  }

  #open(thread) {
    this.#choose(thread);
    this.topics({ chat: { is_forum: true }, topics: this.known });
  }

  #choose(thread) {
    this.thread = thread;
    this.actions.show((message) => !this.isForum || (message.thread ?? null) === thread);
  }

  async #add() {
    try {
      const members = (await get("/_sandbox/users")).filter((one) => !one.is_bot).map((one) => one.id);
      const wish = { title: $("group-name").value.trim(), members, is_forum: $("group-topics").checked, bot: "administrator" };
      const made = await post("/_sandbox/groups", wish);
      $("group").close();
      await this.load();
      this.actions.enter(made.id);
    } catch (error) {
      this.actions.complain(error);
    }
  }
}
