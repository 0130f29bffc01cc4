// Small helpers for building pages without a framework. Text always goes in as text, never as markup.

export const $ = (id) => document.getElementById(id);

/** An element: h("button", {type: "button", onclick: f, "aria-label": "x"}, "text", child). */
export function h(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "class") made.className = value;
    else if (name === "dataset") Object.assign(made.dataset, value);
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

/** A line icon from one path. */
export function icon(path) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(bytes < 10240 ? 1 : 0)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

export const clock = (date) => date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** A steady colour for a name or number. */
export function hue(text) {
  let sum = 7;
  for (const letter of String(text)) sum = (sum * 31 + letter.codePointAt(0)) % 3600;
  return (sum * 47) % 360;
}

export function avatar(name) {
  const made = h("div", { class: "avatar", "aria-hidden": "true" }, [...name][0]?.toUpperCase() ?? "?");
  made.style.setProperty("--hue", hue(name));
  return made;
}

/** A passing remark at the foot of the page. */
export function toast(text, { bad = false, seconds = 4.5 } = {}) {
  const made = h("div", { class: bad ? "toast bad" : "toast", "data-testid": "toast" }, text);
  const box = $("toasts");
  box.append(made);
  // Above a dialog that is open, too: what is shown last lies on top.
  if (box.matches(":popover-open")) box.hidePopover();
  box.showPopover();
  setTimeout(() => made.remove(), seconds * 1000);
}

/** Opens a dialog; resolves with its returnValue ("" when dismissed). */
export function ask(dialog) {
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true }));
}

const ALLOWED = new Set(["B", "I", "U", "S", "CODE", "PRE", "BLOCKQUOTE", "A", "SPAN", "BR"]);
const LINK = /^(https?:|tg:|mailto:|tel:)/i;

/** The server's HTML, rebuilt from the few tags a message may have. */
export function safeHtml(html) {
  const from = new DOMParser().parseFromString(html, "text/html").body;
  const into = document.createDocumentFragment();
  copy(from, into);
  return into;
}

function copy(from, into) {
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) into.append(node.data);
    else if (node.nodeType !== Node.ELEMENT_NODE) continue;
    else if (!ALLOWED.has(node.tagName)) copy(node, into);
    else into.append(clone(node));
  }
}

function clone(node) {
  const made = document.createElement(node.tagName);
  if (/^[a-z-]{1,20}$/.test(node.className)) made.className = node.className;
  if (made.className === "command" || made.className === "spoiler") {
    made.tabIndex = 0;
    made.setAttribute("role", "button");
  }
  if (node.tagName === "A" && LINK.test(node.getAttribute("href") ?? "")) {
    made.href = node.getAttribute("href");
    made.target = "_blank";
    made.rel = "noopener noreferrer";
  }
  copy(node, made);
  return made;
}
