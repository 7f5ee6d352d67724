/** A large file, sent so that the page hears how far it has come; the answer is read line by line as it comes. */

/**
 * @param {string} url
 * @param {File} file
 * @param {{sent: (part: number) => void, line: (said: any) => void}} tell `sent`: 0 … 1; `line`: a line of JSON, read
 * @returns {Promise<number>} the status; 0: no answer, or one that broke off
 */
export function sendFile(url, file, tell) {
  const request = new XMLHttpRequest(); // fetch does not say how much of a body has gone
  let read = 0;
  const readOn = () => {
    const end = request.responseText.lastIndexOf("\n") + 1;
    for (const line of request.responseText.slice(read, end).split("\n")) if (line) tell.line(JSON.parse(line));
    read = Math.max(read, end);
  };
  return new Promise((resolve) => {
    request.upload.onprogress = (event) => tell.sent(event.lengthComputable ? event.loaded / event.total : 0);
    request.upload.onload = () => tell.sent(1);
    request.onprogress = () => request.getResponseHeader("Content-Type")?.includes("ndjson") && readOn();
    request.onload = () => resolve(request.status);
    request.onerror = request.onabort = () => resolve(0);
    request.open("POST", url);
    request.send(file);
  });
}
