// The foot of the chat: text, commands, replies, attachments.

import { $, h } from "./dom.js";
import { gist } from "./message.js";

export class Composer {
  constructor(actions) {
    this.actions = actions;
    this.replyTo = null;
    this.text = $("text");
    $("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.text.addEventListener("input", () => this.#grow());
    this.text.addEventListener("keydown", (event) => this.#key(event));
    this.text.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length) {
        event.preventDefault();
        actions.files(files, "photo");
      }
    });
    $("reply-cancel").addEventListener("click", () => this.reply(null));
    this.#menu($("attach"), $("attach-menu"));
    this.#menu($("commands"), $("command-menu"));
    for (const choice of $("attach-menu").querySelectorAll("button")) {
      choice.addEventListener("click", () => this.#attach(choice.dataset.attach));
    }
    for (const kind of ["document", "photo"]) {
      const input = $(`pick-${kind}`);
      input.addEventListener("change", () => {
        const files = [...input.files];
        input.value = "";
        if (files.length) actions.files(files, kind);
      });
    }
    this.#grow();
  }

  reply(message) {
    this.replyTo = message?.message_id ?? null;
    $("replying").hidden = !message;
    if (message) {
      $("reply-name").textContent = message.from_name;
      $("reply-text").textContent = gist(message);
      this.text.focus();
    }
  }

  commands(list) {
    $("commands").hidden = list.length === 0;
    const seen = JSON.stringify(list);
    if (this.seen === seen) return;
    this.seen = seen;
    $("command-menu").replaceChildren(
      ...list.map(({ command, description }) =>
        h("button", { type: "button", role: "menuitem", "data-testid": "command", dataset: { command }, onclick: () => this.#command(command) },
          h("span", {}, h("code", {}, `/${command}`), h("br"), h("small", {}, description)))),
    );
  }

  /** Buttons the bot put in place of the keyboard. */
  replyKeyboard(markup) {
    const rows = markup?.keyboard ?? [];
    $("reply-keys").hidden = rows.length === 0;
    const seen = JSON.stringify(rows);
    if (this.seenKeys === seen) return;
    this.seenKeys = seen;
    $("reply-keys").replaceChildren(
      ...rows.map((row) => h("div", {}, row.map((key) =>
        h("button", { type: "button", class: "key", "data-testid": "reply-key", onclick: () => (key.request_contact ? this.actions.contact() : this.actions.say(key.text, null)) }, key.text)))),
    );
  }

  #submit() {
    const words = this.text.value.trim();
    if (!words) return;
    this.text.value = "";
    this.#grow();
    const replyTo = this.replyTo;
    this.reply(null);
    this.actions.say(words, replyTo, () => {
      // Not sent: the words go back where they were, unless something else is being written.
      if (!this.text.value) this.text.value = words;
      this.#grow();
    });
    this.text.focus();
  }

  #command(command) {
    this.#close();
    this.actions.say(`/${command}`, null);
    this.text.focus();
  }

  #attach(what) {
    this.#close();
    if (what === "contact") this.actions.contact();
    else $(`pick-${what}`).click();
  }

  #grow() {
    $("send").disabled = !this.text.value.trim();
    this.text.style.height = "auto";
    this.text.style.height = `${this.text.scrollHeight}px`;
  }

  #key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === "Escape" && this.replyTo) {
      this.reply(null);
    }
  }

  #menu(button, menu) {
    button.addEventListener("click", () => {
      const open = menu.hidden;
      this.#close();
      menu.hidden = !open;
      button.setAttribute("aria-expanded", String(open));
      if (open) menu.querySelector("button")?.focus();
    });
    menu.addEventListener("keydown", (event) => {
      const items = [...menu.querySelectorAll("button")];
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape") {
        this.#close();
        button.focus();
      } else if (step) {
        event.preventDefault();
        items[(items.indexOf(document.activeElement) + step + items.length) % items.length]?.focus();
      }
    });
    document.addEventListener("pointerdown", (event) => {
      if (!menu.hidden && !menu.contains(event.target) && !button.contains(event.target)) this.#close();
    });
  }

  #close() {
    for (const [button, menu] of [["attach", "attach-menu"], ["commands", "command-menu"]]) {
      $(menu).hidden = true;
      $(button).setAttribute("aria-expanded", "false");
    }
  }
}
