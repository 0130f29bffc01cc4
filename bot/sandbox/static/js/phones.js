// The phones page: what each recipient got, live; they can answer, go offline or block the sender.

import { follow, get, post, upload } from "./api.js";
import { $, h, toast } from "./dom.js";
import { PhoneCard } from "./phone-card.js";
import { PhoneGroups } from "./phone-groups.js";

const API = "/phones/api";
const MOST = 200;

/** Where phones are asked about: the simulated ones, and those of other channels that run beside them. */
const sources = [];
const cards = new Map();
/** By number, whichever channel knows it. */
const names = new Map();
let filter = "all";
let sought = "";
let accounts = [];
let opened = null;
const groups = new PhoneGroups(() => show());

const complain = (error) => toast(error.message, { bad: true, seconds: 7 });
const at = (phone, verb) => `${phone.api}/phones/${encodeURIComponent(phone.number)}/${verb}`;

const actions = {
  reply: (phone, text) => act(phone, "reply", { text }),
  tap: (phone, button) => act(phone, "reply", { button }),
  attach,
  change: (phone, what) => act(phone, "switch", what),
  open: openPhone,
};

/** A phone as the page keeps it: two channels may have phones with the same number, of one person then. */
function known(api, phone) {
  if (phone.name) names.set(phone.number, phone.name);
  return { ...phone, name: phone.name ?? names.get(phone.number) ?? null, api, key: `${api} ${phone.number}` };
}

async function act({ api, ...phone }, verb, body) {
  try {
    place(known(api, await post(at({ api, ...phone }, verb), body)));
    return true;
  } catch (error) {
    complain(error);
    return false;
  }
}

const KINDS = { image: "photo", video: "video", audio: "audio" };

/** Sends a file from the phone. Its words go with it. */
async function attach(phone, file, text) {
  const form = new FormData();
  const kind = KINDS[file.type.split("/")[0]] ?? "document";
  form.append("message", JSON.stringify(text ? { kind, text } : { kind }));
  form.append("file", file, file.name);
  try {
    place(known(phone.api, await upload(at(phone, "reply"), form, () => {}, new AbortController().signal)));
    return true;
  } catch (error) {
    complain(error);
    return false;
  }
}

/** Shows a phone's present state on its card, and in the dialog when it is open there. */
function place(phone, fresh = false) {
  refresh(phone, fresh);
  if (opened?.phone.key === phone.key) opened.update(phone);
  show();
}

/** The card of a phone that has one. */
function refresh(phone, fresh = false) {
  const card = cards.get(phone.key);
  card?.update(phone, fresh);
  if (card) groups.place(card);
}

const FILTERS = {
  all: () => true,
  unread: (phone) => phone.unread > 0,
  answered: (phone) => phone.bubbles.some((bubble) => bubble.mine),
  off: (phone) => phone.offline || phone.blocked,
};

function show() {
  let visible = 0;
  const sum = (what) => sources.reduce((all, source) => all + source[what], 0);
  const [total, messages] = [sum("total"), sum("messages")];
  for (const card of cards.values()) {
    const { name, number } = card.phone;
    if (!name && names.has(number)) card.update({ ...card.phone, name: names.get(number) });
    const fits = FILTERS[filter](card.phone) && groups.fits(card);
    card.element.hidden = !fits;
    visible += fits ? 1 : 0;
  }
  groups.show(cards.values());
  const many = (count, word) => `${count.toLocaleString()} ${word}${count === 1 ? "" : "s"}`;
  $("counts").textContent = `${many(total, "phone")} · ${many(messages, "message")}`;
  $("note").hidden = total <= cards.size;
  $("note").textContent = `Showing the first ${cards.size} of ${total.toLocaleString()}${sought ? " that fit" : ". Search to see others"}.`;
  $("empty").hidden = visible > 0;
  if (visible === 0) {
    const none = total === 0 && !sought;
    $("empty-title").textContent = none ? "No phone has got anything yet" : "No phone fits";
    $("empty-text").textContent = none
      ? "Start a campaign or a test send in the chat: each recipient's phone appears here as its first message arrives."
      : "Try another number, other words, or “All”.";
  }
}

function add(phone, fresh) {
  const card = new PhoneCard(actions);
  cards.set(phone.key, card);
  card.update(phone, fresh);
  groups.place(card);
}

const cardsOf = (source) => [...cards].filter(([, card]) => card.phone.api === source.api);

/** A source's list from the start: at opening, and for a search. */
async function load(source) {
  const asked = sought;
  const list = await get(`${source.api}/phones?limit=${MOST}&q=${encodeURIComponent(asked)}`);
  if (asked !== sought) return list.seq;
  const phones = list.phones.map((phone) => known(source.api, phone));
  const found = new Set(phones.map((phone) => phone.key));
  for (const [key, card] of cardsOf(source)) {
    if (found.has(key)) continue;
    card.element.remove();
    cards.delete(key);
  }
  for (const phone of phones) {
    if (cards.has(phone.key)) refresh(phone);
    else add(phone, false);
  }
  source.total = list.total;
  source.messages = list.messages;
  if (list.accounts.length) accounts = list.accounts;
  show();
  return list.seq;
}

const loadAll = () => Promise.all(sources.map(load));

async function take(source, changes, seq) {
  if (seq === 0 || changes.seq < seq) {
    if (changes.seq < seq) clear(source);
    const loaded = await load(source);
    if (loaded === 0) await new Promise((done) => setTimeout(done, 500));
    return loaded;
  }
  source.messages = changes.messages;
  if (!sought) source.total = changes.total;
  let unknown = false;
  for (const one of [...changes.phones].reverse()) {
    const phone = known(source.api, one);
    if (cards.has(phone.key)) refresh(phone, true);
    else if (!sought && cardsOf(source).length < MOST) add(phone, true);
    else unknown = true;
    if (opened?.phone.key === phone.key) refreshOpened();
  }
  if (unknown && sought) await load(source);
  show();
  // While many messages fly, a few looks a second are enough for the eye.
  await new Promise((done) => setTimeout(done, 250));
  return changes.seq;
}

function clear(source) {
  for (const [key, card] of cardsOf(source)) {
    card.element.remove();
    cards.delete(key);
  }
}

async function openPhone(wanted) {
  const dialog = $("phone");
  try {
    const phone = known(wanted.api, await post(at(wanted, "read")));
    const card = new PhoneCard(actions, { whole: true });
    opened = { phone, update: (one) => card.update(one) };
    card.update(phone);
    place(phone);
    dialog.replaceChildren(card.element);
    dialog.showModal();
    card.toEnd();
    card.focus();
  } catch (error) {
    complain(error);
  }
}

let refreshing = false;
async function refreshOpened() {
  if (refreshing) return;
  refreshing = true;
  try {
    // Looking at it is reading it.
    const { phone } = opened;
    const now = known(phone.api, await post(at(phone, "read")));
    opened?.update(now);
  } catch {
    // The next change asks again.
  } finally {
    refreshing = false;
  }
}

$("phone").addEventListener("close", () => {
  opened = null;
  $("phone").replaceChildren();
});
$("phone").addEventListener("click", (event) => event.target === $("phone") && $("phone").close());

$("filters").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  filter = button.dataset.filter;
  for (const one of $("filters").children) one.setAttribute("aria-pressed", String(one === button));
  show();
});

let typing = 0;
$("search").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => {
    sought = $("search").value.trim();
    loadAll().catch(complain);
  }, 200);
});

$("trouble").addEventListener("click", async () => {
  await loadAll().catch(complain);
  refuse("");
  $("accounts").replaceChildren(...accounts.map(accountLine));
  $("troubles").showModal();
});

function accountLine(account) {
  const choose = h("select", { "aria-label": `State of ${account.number}`, "data-testid": "account-state" },
    ["connected", "unlinked", "restricted"].map((state) => h("option", { value: state, selected: state === account.state }, state)));
  choose.addEventListener("change", async () => {
    try {
      await post(`/phones/accounts/${encodeURIComponent(account.account)}/state`, { state: choose.value });
      toast(`${account.number} is ${choose.value} now.`);
    } catch (error) {
      complain(error);
    }
  });
  return h("div", { class: "account" }, h("span", {}, account.number, h("small", {}, "the sending account")), choose);
}

/** Beside what was typed: a toast would lie behind the dialog. */
function refuse(why) {
  $("refusal").hidden = !why;
  $("refusal").textContent = why && `${why[0].toUpperCase()}${why.slice(1)}.`;
}

$("troubles").querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  refuse("");
  try {
    const times = Number($("fault-times").value);
    const number = $("fault-number").value.replace(/[\s()-]/g, "").replace(/^00/, "+");
    await post(`${API}/faults`, { fault: $("fault").value, number: number || null, times });
    $("troubles").close();
    toast(times === 1 ? "The next send meets it." : `The next ${times} sends meet it.`);
  } catch (error) {
    refuse(error.message);
  }
});
for (const button of document.querySelectorAll("dialog [data-close]")) button.addEventListener("click", () => button.closest("dialog").close());

/** Follows what happens on the phones of one channel. */
function watch(api) {
  const source = { api, total: 0, messages: 0 };
  sources.push(source);
  follow(
    (seq) => `${api}/changes?after=${seq}&wait=${seq ? 25 : 0}`,
    (changes, seq) => take(source, changes, seq),
    (good) => {
      if (!good) $("counts").textContent = "The phones cannot be reached. Trying again…";
    },
    new AbortController().signal,
  );
}

watch(API);
get(`${API}/sources`).then(({ others }) => others.forEach(watch), complain);
