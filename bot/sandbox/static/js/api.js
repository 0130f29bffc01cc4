// Talking to the sandbox. Refusals come back as Error with the server's sentence.

async function read(answer) {
  let body = null;
  try {
    body = await answer.json();
  } catch {
    // Not JSON: the status alone has to do.
  }
  if (!answer.ok) throw new Error(body?.error ?? body?.description ?? `The sandbox answered ${answer.status}.`);
  return body;
}

export async function get(url, signal) {
  return read(await fetch(url, { signal, headers: { accept: "application/json" } }));
}

export async function post(url, body = {}) {
  return read(
    await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  );
}

/** Sends a form with files, telling how far it got (0 to 1). Aborting `signal` stops it. */
export function upload(url, form, onProgress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    });
    request.addEventListener("load", () => {
      if (request.status < 300) resolve(request.response);
      else reject(new Error(request.response?.error ?? request.response?.description ?? `The sandbox answered ${request.status}.`));
    });
    request.addEventListener("error", () => reject(new Error("The sandbox cannot be reached.")));
    request.addEventListener("abort", () => reject(new DOMException("Stopped", "AbortError")));
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

/** Asks `url(seq)` again and again, handing each answer to `take`; `take` returns the next seq. */
export async function follow(url, take, onState, signal) {
  let seq = 0;
  let failures = 0;
  while (!signal.aborted) {
    try {
      const answer = await get(url(seq), AbortSignal.any([signal, AbortSignal.timeout(60_000)]));
      if (signal.aborted) return;
      failures = 0;
      onState(true);
      seq = await take(answer, seq);
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      onState(false, error);
      await new Promise((done) => setTimeout(done, Math.min(300 * 2 ** failures, 4000)));
    }
  }
}
