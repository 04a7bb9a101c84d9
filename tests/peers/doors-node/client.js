// Twilio's and the Android gateway's libraries for Node, told to find us in their place; says what they got, as JSON.
const twilio = require("twilio");
const { default: Android, Client: Named } = require("android-sms-gateway");

const [base, account, token, to, callback] = process.argv.slice(2);

async function ask(method, url, headers, body) {
  const answer = await fetch(url, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  const said = await answer.text();
  return said ? JSON.parse(said) : null;
}

const http = {
  get: (url, headers) => ask("GET", url, headers),
  post: (url, body, headers) => ask("POST", url, headers, body),
  put: (url, body, headers) => ask("PUT", url, headers, body),
  patch: (url, body, headers) => ask("PATCH", url, headers, body),
  delete: (url, headers) => ask("DELETE", url, headers),
};

async function main() {
  const client = twilio(account, token);
  client.api.baseUrl = base;
  const sent = await client.messages.create({ to, from: "Shop", body: "Čaj iz node", statusCallback: callback });
  const fetched = await client.messages(sent.sid).fetch();
  const listed = await client.messages.list({ limit: 5, pageSize: 2 });
  let refused = 0;
  try {
    await client.messages.create({ to: "12", from: "Shop", body: "x" });
  } catch (error) {
    refused = error.code;
  }
  const android = new (Named || Android)("shop", token, http, `${base}/3rdparty/v1`);
  const text = await android.send({ message: "old body", phoneNumbers: [to] });
  const state = await android.getState(text.id);
  const url = `${new URL(callback).origin}/android-node`;
  const hook = await android.registerWebhook({ event: "sms:received", url });
  const hooks = await android.getWebhooks();
  await android.deleteWebhook(hook.id);
  const health = await android.getHealth();
  process.stdout.write(JSON.stringify({
    sid: sent.sid, fetched: fetched.body, listed: listed.map((one) => one.sid), refused,
    text: text.id, state: state.recipients.length, hooks: hooks.map((one) => one.url), hook: url, health: health.status,
  }) + "\n");
  process.stdin.on("data", (line) => {
    const call = JSON.parse(line);
    process.stdout.write(JSON.stringify(twilio.validateRequest(token, call.signature, call.url, call.words)) + "\n");
    process.exit(0);
  });
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
