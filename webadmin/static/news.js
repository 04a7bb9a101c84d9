// The stream that says when something happened, one for all tabs of a browser.
//
// Over HTTP/1.1 a browser keeps six connections to a gateway, so a stream for each tab would leave none for pages. A
// shared worker holds the one; Web Locks and a leading tab would do it too, but are refused to pages without HTTPS.
// What was missed is told by the place in the stream (Last-Event-ID), also when it must be begun anew.

const AGAIN = 10000; // milliseconds until a stream that was refused is asked for again

/** Tell "live", "news" and "lost" as it comes; returns what ends it. */
export function follow(tell) {
  let last = "";
  let source;
  let timer;
  function begin() {
    source = new EventSource(`/events?brief=yes${last && `&last_event_id=${last}`}`);
    source.onopen = () => tell("live");
    source.addEventListener("news", (event) => {
      last = event.lastEventId;
      tell("news");
    });
    source.addEventListener("stream.gap", () => tell("news"));
    source.onerror = () => {
      tell("lost");
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(begin, AGAIN); // else it comes back by itself
    };
  }
  begin();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}

if (self.SharedWorkerGlobalScope) {
  const tabs = new Set();
  let now = ""; // nobody knows yet
  self.onconnect = ({ ports: [tab] }) => {
    tabs.add(tab);
    tab.onmessage = ({ data }) => (data === "bye" ? tabs.delete(tab) : tabs.add(tab));
    if (now) tab.postMessage(now);
  };
  follow((word) => {
    now = word === "news" ? now : word;
    for (const tab of tabs) tab.postMessage(word);
  });
}
