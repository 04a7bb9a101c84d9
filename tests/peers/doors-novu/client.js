// Novu's provider for Kannel sends a text; the Standard Webhooks library for Node judges what we sign.
const { KannelSmsProvider } = require("./package/build/main/lib/kannel/kannel.provider.js");
const { Webhook } = require("standardwebhooks");

const [host, port, password, to, secret] = process.argv.slice(2);

function believes(webhook, body, headers) {
  try {
    return webhook.verify(body, headers).type === "webhook.test";
  } catch (error) {
    return false;
  }
}

async function main() {
  const novu = new KannelSmsProvider({ host, port, username: "shop", password, from: "Shop" });
  const sent = await novu.sendMessage({ id: "novu-1", to, content: "Čaj iz Novu" });
  const webhook = new Webhook(secret);
  process.stdout.write(JSON.stringify(sent) + "\n");
  process.stdin.on("data", (line) => {
    const call = JSON.parse(line);
    process.stdout.write(JSON.stringify(believes(webhook, call.body, call.headers)) + "\n");
  });
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
