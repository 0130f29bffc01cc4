// Choosing how files are sent, seeing them go, and dropping them on the page.

import { upload } from "./api.js";
import { $, ask, h, size, toast } from "./dom.js";

const MOST = 10;

/** What a file may be sent as, the likeliest first. */
function kinds(files) {
  const all = (test) => files.every((file) => test(file.type));
  if (all((type) => /^image\/(jpeg|png|webp)$/.test(type))) return ["photo", "document"];
  if (all((type) => type.startsWith("video/"))) return ["video", "document"];
  if (all((type) => type.startsWith("audio/"))) return ["audio", "voice", "document"];
  return ["document"];
}

const NAMES = { photo: "Photo", document: "File", video: "Video", audio: "Music", voice: "Voice message" };

export class Uploads {
  constructor(address) {
    this.address = address;
    this.files = [];
    this.stop = null;
    const dialog = $("upload");
    dialog.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    $("upload-cancel").addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => {
      this.stop?.abort();
      for (const image of $("upload-files").querySelectorAll("img")) URL.revokeObjectURL(image.src);
    });
    this.#dropping();
  }

  /** Shows what is about to be sent. `wish`: "photo" or "document". */
  offer(files, wish) {
    const filled = files.filter((file) => file.size > 0);
    for (const file of files) if (!filled.includes(file)) toast(`${file.name} is empty: there is nothing to send.`, { bad: true });
    if (!filled.length) return;
    if (filled.length > MOST) toast(`At most ${MOST} files at once: the first ${MOST} are taken.`, { bad: true });
    this.files = filled.slice(0, MOST);
    const possible = kinds(this.files);
    const chosen = wish === "document" ? "document" : possible[0];
    $("upload-title").textContent = this.files.length === 1 ? "Send a file" : `Send ${this.files.length} files`;
    $("upload-files").replaceChildren(...this.files.map(line));
    $("upload-kinds").replaceChildren(
      h("legend", { class: "sr-only" }, "Send as"),
      ...possible.map((kind) => h("label", {},
        h("input", { type: "radio", name: "kind", value: kind, checked: kind === chosen, "data-testid": `kind-${kind}` }), h("span", {}, NAMES[kind]))),
    );
    $("upload-kinds").hidden = possible.length === 1;
    $("upload-caption").value = "";
    $("upload-progress").hidden = true;
    $("upload-send").disabled = false;
    ask($("upload"));
    $("upload-send").focus();
  }

  async #send() {
    const kind = $("upload-kinds").querySelector("input:checked")?.value ?? "document";
    const bar = $("upload-progress");
    const caption = $("upload-caption").value.trim();
    bar.hidden = false;
    bar.value = 0;
    $("upload-send").disabled = true;
    this.stop = new AbortController();
    try {
      if (this.files.length > 1 && kind !== "voice") await this.#album(kind, caption, bar);
      else await this.#each(kind, caption, bar);
      this.stop = null;
      $("upload").close();
    } catch (error) {
      bar.hidden = true;
      $("upload-send").disabled = false;
      if (error.name !== "AbortError") toast(error.message, { bad: true, seconds: 8 });
    }
  }

  #album(kind, caption, bar) {
    const form = new FormData();
    form.append("kind", kind);
    form.append("caption", caption);
    // An album of pictures sent as files must not be taken for pictures: the type says what they are.
    this.files.forEach((file, place) => {
      const part = kind === "document" ? new File([file], file.name, { type: "application/octet-stream" }) : file;
      form.append(`file${place}`, part, file.name);
    });
    return upload(this.address("album"), form, (part) => (bar.value = part), this.stop.signal);
  }

  async #each(kind, caption, bar) {
    for (const [place, file] of this.files.entries()) {
      const form = new FormData();
      form.append("kind", kind);
      form.append("caption", place === 0 ? caption : "");
      form.append("file", file, file.name);
      await upload(this.address("file"), form, (part) => (bar.value = (place + part) / this.files.length), this.stop.signal);
    }
  }

  #dropping() {
    const drop = $("drop");
    let depth = 0;
    const holdsFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    const away = () => {
      depth = 0;
      drop.hidden = true;
      for (const zone of drop.children) zone.classList.remove("over");
    };
    window.addEventListener("dragenter", (event) => {
      if (!holdsFiles(event) || document.querySelector("dialog[open]")) return;
      depth += 1;
      const types = [...event.dataTransfer.items].map((item) => item.type);
      const pictures = types.length > 0 && types.every((type) => /^(image|video)\//.test(type));
      drop.querySelector("[data-drop=photo]").hidden = !pictures;
      drop.classList.toggle("one", !pictures);
      drop.hidden = false;
    });
    window.addEventListener("dragleave", (event) => {
      if (holdsFiles(event) && (depth -= 1) <= 0) away();
    });
    // Dropping beside a zone must not make the browser leave the page for the file.
    window.addEventListener("dragover", (event) => holdsFiles(event) && event.preventDefault());
    window.addEventListener("drop", (event) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      const wish = event.target.closest?.("[data-drop]")?.dataset.drop;
      const files = [...event.dataTransfer.files];
      away();
      if (wish && files.length) this.offer(files, wish);
    });
    for (const zone of drop.children) {
      zone.addEventListener("dragenter", () => zone.classList.add("over"));
      zone.addEventListener("dragleave", () => zone.classList.remove("over"));
    }
  }
}

function line(file) {
  const image = /^image\/(jpeg|png|webp|gif)$/.test(file.type) && h("img", { src: URL.createObjectURL(file), alt: "" });
  const type = /\.([a-z0-9]{1,5})$/i.exec(file.name)?.[1]?.toLowerCase() ?? "file";
  return h("li", {}, image || h("div", { class: "doc-icon", "aria-hidden": "true", dataset: { type } }, type.toUpperCase()),
    h("span", {}, h("b", {}, file.name), h("small", {}, size(file.size))));
}
