'use strict';
// A client on node-smpp. Says on standard output, one JSON object a line, what it hears; does what standard input says.

const readline = require('readline');
const smpp = require('smpp');

const say = (event, more) => console.log(JSON.stringify({event, ...more}));
const [host, port, systemId, password] = process.argv.slice(2);
const session = smpp.connect({host, port: Number(port)});

session.on('error', (error) => say('error', {says: String(error)}));
session.on('close', () => { say('close', {}); process.exit(0); });
session.on('pdu', (pdu) => {
  if (pdu.command === 'deliver_sm') {
    const message = pdu.short_message || {};
    const udh = (message.udh || []).map((element) => Buffer.from(element).toString('hex'));
    say('deliver', {
      text: message.message, udh, from: pdu.source_addr, to: pdu.destination_addr, esm_class: pdu.esm_class,
      receipted: pdu.receipted_message_id, state: pdu.message_state, data_coding: pdu.data_coding,
    });
    session.send(pdu.response());
  } else if (pdu.command === 'enquire_link' || pdu.command === 'unbind') {
    session.send(pdu.response());
  }
});

const answer = (pdu) => say('answer', {
  command: pdu.command, status: pdu.command_status, id: pdu.message_id, state: pdu.message_state, unsuccess: pdu.unsuccess_sme,
});
const orders = {
  bind: (order) => session[order.command]({system_id: systemId, password, interface_version: 0x34}, answer),
  send: (order) => {
    const fields = {...order.fields};
    const udh = fields.udh ? Buffer.from(fields.udh, 'hex') : undefined;
    if (fields.text !== undefined) fields.short_message = udh ? {udh, message: fields.text} : fields.text;
    if (fields.payload !== undefined) fields.message_payload = {message: fields.payload};
    for (const ours of ['udh', 'text', 'payload']) delete fields[ours];
    session[order.command](fields, answer);
  },
  many: (order) => {
    for (let number = 0; number < order.count; number += 1) {
      session.submit_sm({...order.fields, short_message: `number ${number}`}, answer);
    }
  },
};

session.on('connect', () => say('connected', {}));
readline.createInterface({input: process.stdin})
  .on('line', (line) => { const order = JSON.parse(line); orders[order.do](order); })
  .on('close', () => process.exit(0));
