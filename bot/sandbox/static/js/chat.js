// The chat page: whose chat it is, what happens in it, and what its buttons do.

import { follow, get, post } from "./api.js";
import { Composer } from "./composer.js";
import { $, ask, avatar, h, hue, toast } from "./dom.js";
import { Groups } from "./groups.js";
import { Log } from "./log.js";
import { gist } from "./message.js";
import { Uploads } from "./upload.js";

const ACTIONS = {
  typing: "typing",
  upload_photo: "sending a photo",
  upload_document: "sending a file",
  upload_video: "sending a video",
  upload_voice: "sending a voice message",
};

// Whose page it is, and which chat is shown: their own with the bot, or a group.
let user = null;
let chat = null;
let users = [];
let bot = { first_name: "MassSender", username: "" };
let run = null;
let pins = [];
let pinShown = 0;
let following = new AbortController();
const shown = new Set();

const address = (verb) => `/_sandbox/chats/${chat}/${verb}?user_id=${user}${groups.thread ? `&thread=${groups.thread}` : ""}`;
const complain = (error) => toast(error.message, { bad: true, seconds: 7 });

async function say(text, replyTo = null, undo = null) {
  try {
    await post(address("text"), { text, reply_to: replyTo, thread: groups.thread });
  } catch (error) {
    undo?.();
    complain(error);
  }
}

/** Does what an inline button is for; the callback query's id when an answer will come. */
async function press(message, button) {
  if (button.callback_data) {
    const { callback_query_id: query } = await post(address("tap"), { message_id: message.message_id, callback_data: button.callback_data });
    return settled.delete(query) ? null : query;
  }
  if (button.copy_text) {
    await navigator.clipboard.writeText(button.copy_text);
    toast("Copied");
  } else if (button.pay) {
    await pay(message);
  } else if (button.url) {
    openLink(button.url);
  }
  return null;
}

// Answers that came before the tap's own response did.
const settled = new Set();

async function pay(message) {
  const { invoice } = message;
  $("confirm-title").textContent = invoice?.title ?? "Pay";
  $("confirm-text").textContent = `${invoice?.description ?? ""} This is the sandbox: no money moves.`;
  $("confirm-yes").textContent = invoice ? `Pay ⭐ ${invoice.total_amount}` : "Pay";
  if ((await ask($("confirm"))) !== "yes") return;
  const answer = await post(address("pay"), { message_id: message.message_id });
  if (answer.refused !== undefined) toast(`Not paid: ${answer.refused}`, { bad: true });
}

/** A link to the bot itself stays in this chat, as it would in a real client. */
function openLink(url) {
  const own = new RegExp(`^https?://t\\.me/${bot.username}(?:\\?start=([\\w-]{1,64}))?$`, "i").exec(url);
  if (own && bot.username) say(own[1] ? `/start ${own[1]}` : "/start");
  else if (/^(https?|tg|mailto|tel):/i.test(url)) window.open(url, "_blank", "noopener");
  else window.open(`https://${url}`, "_blank", "noopener");
}

/** Asks to whom, and passes it on. */
function forward(message) {
  const others = users.filter((one) => !one.is_bot && one.id !== user);
  $("forward-users").replaceChildren(...others.map((one) =>
    h("li", {}, h("button", { class: "user", type: "button", "data-testid": `forward-${one.id}`, onclick: () => passOn(message, one) },
      avatar(one.first_name), h("b", {}, one.first_name)))));
  $("forward").showModal();
}

async function passOn(message, { id, first_name: name }) {
  $("forward").close();
  try {
    await post(address("forward"), { message_id: message.message_id, to: id });
    toast(`Forwarded to ${name}`);
  } catch (error) {
    complain(error);
  }
}

function enlarge(message) {
  $("lightbox-image").src = message.photo;
  $("lightbox-image").alt = message.caption || "Picture";
  $("lightbox-save").href = message.photo;
  $("lightbox").showModal();
}

const actions = { press, complain, enlarge, openLink, say: (text) => say(text), reply: (message) => composer.reply(message), forward, jump: (id) => log.jump(id) };
const log = new Log(actions);
const groups = new Groups({ enter: (id) => enter(user, id), complain, show: (test) => log.only(test) });
const uploads = new Uploads(address);
const composer = new Composer({ say, contact: shareContact, files: (files, wish) => uploads.offer(files, wish) });

async function shareContact() {
  $("contact-name").value = users.find((one) => one.id === user)?.first_name ?? "";
  $("contact-phone").value = "";
  await ask($("contact"));
}

$("contact").querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await post(address("contact"), { first_name: $("contact-name").value.trim(), phone_number: $("contact-phone").value.trim() });
    $("contact").close();
  } catch (error) {
    complain(error);
  }
});

$("person").querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const added = await post("/_sandbox/users", { first_name: $("person-name").value.trim() });
    $("person").close();
    await loadUsers();
    enter(added.id);
  } catch (error) {
    complain(error);
  }
});

async function take(state, seq) {
  const afresh = seq === 0 || (run !== null && state.run !== run) || state.seq < seq;
  if (run !== null && state.run !== run && seq !== 0) {
    // The sandbox was restarted: what we show is of a world that is gone.
    run = state.run;
    log.clear();
    shown.clear();
    return 0;
  }
  run = state.run ?? run;
  showBot(state.bot, state.chat);
  groups.topics(state);
  log.take(state.messages, state.deleted, { quietly: afresh });
  const answered = [...(state.answered ?? []), ...state.toasts.map((one) => one.callback_query_id ?? one.id)].map(String);
  for (const query of answered) settled.add(query);
  log.settle(answered);
  for (const one of state.toasts) if (!afresh) await showToast(one);
  showPins(state.pinned);
  showAction(state.action);
  composer.commands(state.commands ?? []);
  composer.replyKeyboard(state.reply_keyboard);
  showEmpty(state);
  return state.seq;
}

async function showToast({ id, text, alert }) {
  if (!text || shown.has(id)) return;
  shown.add(id);
  if (!alert) return void toast(text, { seconds: 5.5 });
  $("alert-title").textContent = bot.first_name;
  $("alert-text").textContent = text;
  if (!$("alert").open) $("alert").showModal();
}

function showBot(next, { title } = {}) {
  const name = title ?? next?.first_name;
  if (!next || (next.username === bot.username && $("bot-avatar").dataset.drawn === name)) return;
  bot = next;
  $("bot-name").textContent = name;
  $("bot-avatar").textContent = [...name][0];
  $("bot-avatar").style.setProperty("--hue", hue(name));
  $("bot-avatar").dataset.drawn = name;
}

function showPins(ids) {
  pins = ids ?? [];
  if (pinShown >= pins.length) pinShown = 0;
  const message = log.get(pins.at(-1 - pinShown));
  $("pinned").hidden = !message;
  if (message) $("pinned-text").textContent = gist(message);
}

$("pinned").addEventListener("click", () => {
  log.jump(pins.at(-1 - pinShown));
  pinShown = (pinShown + 1) % Math.max(pins.length, 1);
  showPins(pins);
});

let connected = true;
function showAction(action) {
  const status = $("status");
  const doing = connected ? ACTIONS[action] : "connecting";
  const seen = `${connected} ${doing ?? ""}`;
  if (status.dataset.seen === seen) return;
  status.dataset.seen = seen;
  status.className = `status ${connected ? (doing ? "busy" : "") : "bad"}`;
  status.replaceChildren(
    doing ?? (chat < 0 ? "group" : "bot"),
    doing ? h("span", { class: "dots", "aria-hidden": "true", "data-testid": connected ? "typing" : "connecting" }, h("i"), h("i"), h("i")) : "",
  );
}

function showEmpty() {
  $("log").querySelector(".empty")?.remove();
  if (log.size) return;
  $("log").append(h("div", { class: "empty", "data-testid": "empty" },
    h("b", {}, "No messages here yet"), h("div", {}, "Say hello to the bot to begin."),
    h("button", { class: "button primary start", type: "button", "data-testid": "start", onclick: () => say("/start") }, "Start")));
}

function enter(id, where = id) {
  following.abort();
  following = new AbortController();
  user = id;
  chat = where;
  groups.entered(chat);
  run = null;
  connected = true;
  log.clear();
  composer.reply(null);
  shown.clear();
  history.replaceState(null, "", `?user=${id}${chat < 0 ? `&group=${chat}` : ""}`);
  showUsers();
  showSide(false);
  const signal = following.signal;
  const onState = (good) => {
    connected = good;
    if (!good) showAction(null);
  };
  follow((seq) => `${address("state")}&after=${seq}&wait=25`, (state, seq) => (signal.aborted ? seq : take(state, seq)), onState, signal);
  if (matchMedia("(pointer: fine)").matches) $("text").focus();
}

function showUsers() {
  groups.show(user, chat);
  $("users").replaceChildren(...users.filter((one) => !one.is_bot).map((one) =>
    h("li", {}, h("button", { class: "user", type: "button", "data-testid": `user-${one.id}`, "aria-current": one.id === user ? "true" : null, onclick: () => enter(one.id) },
      avatar(one.first_name), h("span", {}, h("b", {}, one.first_name), h("small", {}, one.username ? `@${one.username}` : `id ${one.id}`))))));
  document.title = `${users.find((one) => one.id === user)?.first_name ?? "Chat"} · MassSender sandbox`;
}

async function loadUsers() {
  users = await get("/_sandbox/users");
  await groups.load();
  showUsers();
}

function showSide(open) {
  $("side").classList.toggle("open", open);
  $("menu").setAttribute("aria-expanded", String(open));
}

$("menu").addEventListener("click", () => showSide(!$("side").classList.contains("open")));
$("veil").addEventListener("click", () => showSide(false));
$("side").addEventListener("keydown", (event) => event.key === "Escape" && showSide(false));
$("add-user").addEventListener("click", () => {
  $("person-name").value = "";
  $("person").showModal();
});
for (const button of document.querySelectorAll("dialog [data-close]")) button.addEventListener("click", () => button.closest("dialog").close());
$("lightbox-image").addEventListener("click", () => $("lightbox").close());
$("log").addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href*='t.me/']");
  if (link) {
    event.preventDefault();
    openLink(link.href);
  }
});

async function begin() {
  try {
    await loadUsers();
  } catch {
    connected = false;
    showAction(null);
    setTimeout(begin, 1500);
    return;
  }
  const wanted = new URLSearchParams(location.search);
  const who = users.find((one) => one.id === Number(wanted.get("user"))) ?? users[0];
  enter(who.id, groups.has(Number(wanted.get("group")), who.id) ? Number(wanted.get("group")) : who.id);
}

begin();
