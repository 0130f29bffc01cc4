// The phones page: what each recipient got, live; they can answer, go offline or block the sender.

import { follow, get, post } from "./api.js";
import { $, h, toast } from "./dom.js";
import { PhoneCard } from "./phone-card.js";

const API = "/phones/api";
const MOST = 200;

const cards = new Map();
let filter = "all";
let sought = "";
let total = 0;
let messages = 0;
let accounts = [];
let opened = null;

const complain = (error) => toast(error.message, { bad: true, seconds: 7 });
const at = (number, verb) => `${API}/phones/${encodeURIComponent(number)}/${verb}`;

const actions = {
  reply: (number, text) => act(number, "reply", { text }),
  change: (number, what) => act(number, "switch", what),
  open: openPhone,
};

async function act(number, verb, body) {
  try {
    const phone = await post(at(number, verb), body);
    place(phone);
    return true;
  } catch (error) {
    complain(error);
    return false;
  }
}

/** Shows a phone's present state on its card, and in the dialog when it is open there. */
function place(phone, fresh = false) {
  cards.get(phone.number)?.update(phone, fresh);
  if (opened?.number === phone.number) opened.update(phone);
  show();
}

const FILTERS = {
  all: () => true,
  unread: (phone) => phone.unread > 0,
  answered: (phone) => phone.bubbles.some((bubble) => bubble.mine),
  off: (phone) => phone.offline || phone.blocked,
};

function show() {
  let visible = 0;
  for (const card of cards.values()) {
    const fits = FILTERS[filter](card.phone);
    card.element.hidden = !fits;
    visible += fits ? 1 : 0;
  }
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
  cards.set(phone.number, card);
  card.update(phone, fresh);
  $("grid").append(card.element);
}

/** The list from the start: at opening, and for a search. */
async function load() {
  const asked = sought;
  const list = await get(`${API}/phones?limit=${MOST}&q=${encodeURIComponent(asked)}`);
  if (asked !== sought) return list.seq;
  const found = new Set(list.phones.map((phone) => phone.number));
  for (const [number, card] of cards) {
    if (found.has(number)) continue;
    card.element.remove();
    cards.delete(number);
  }
  for (const phone of list.phones) {
    if (cards.has(phone.number)) cards.get(phone.number).update(phone);
    else add(phone, false);
  }
  total = list.total;
  messages = list.messages;
  accounts = list.accounts;
  show();
  return list.seq;
}

async function take(changes, seq) {
  if (seq === 0 || changes.seq < seq) {
    if (changes.seq < seq) clear();
    return load();
  }
  messages = changes.messages;
  if (!sought) total = changes.total;
  let unknown = false;
  for (const phone of [...changes.phones].reverse()) {
    if (cards.has(phone.number)) cards.get(phone.number).update(phone, true);
    else if (!sought && cards.size < MOST) add(phone, true);
    else unknown = true;
    if (opened?.number === phone.number) refreshOpened();
  }
  if (unknown && sought) await load();
  show();
  // While many messages fly, a few looks a second are enough for the eye.
  await new Promise((done) => setTimeout(done, 250));
  return changes.seq;
}

function clear() {
  for (const card of cards.values()) card.element.remove();
  cards.clear();
}

async function openPhone(number) {
  const dialog = $("phone");
  try {
    const phone = await post(at(number, "read"));
    const card = new PhoneCard(actions, { whole: true });
    opened = { number, update: (one) => card.update(one) };
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
    const phone = await post(at(opened.number, "read"));
    opened?.update(phone);
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
    load().catch(complain);
  }, 200);
});

$("trouble").addEventListener("click", async () => {
  await load().catch(complain);
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

$("troubles").querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const times = Number($("fault-times").value);
    await post(`${API}/faults`, { fault: $("fault").value, number: $("fault-number").value.replace(/[\s()-]/g, "") || null, times });
    $("troubles").close();
    toast(times === 1 ? "The next send meets it." : `The next ${times} sends meet it.`);
  } catch (error) {
    complain(error);
  }
});
for (const button of document.querySelectorAll("dialog [data-close]")) button.addEventListener("click", () => button.closest("dialog").close());

follow(
  (seq) => `${API}/changes?after=${seq}&wait=${seq ? 25 : 0}`,
  take,
  (good) => {
    if (!good) $("counts").textContent = "The phones cannot be reached. Trying again…";
  },
  new AbortController().signal,
);
