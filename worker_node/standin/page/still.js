/**
 * The main thread stands still until the server lets it go on.
 *
 * @param {string} token
 */
export function standStill(token) {
  const request = new XMLHttpRequest();
  request.open('GET', `/standin/hold/${token}`, false);
  try {
    request.send();
  } catch {
    // The stand-in was closed: nobody holds the page any more.
  }
}
