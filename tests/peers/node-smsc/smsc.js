'use strict';
// An SMSC on node-smpp. Says on standard output, one JSON object a line, what it hears; does what standard input says.

// With SMSC_KEY and SMSC_CERT (files) it speaks TLS, and with SMSC_CLIENTS it wants certificates of that authority.

const fs = require('fs');
const readline = require('readline');
const smpp = require('smpp');

const say = (event, more) => console.log(JSON.stringify({event, ...more}));
const sessions = [];
const refusals = [];
let count = 0;
let text = 0;

function heardSubmit(session, pdu) {
  const status = refusals.shift() || 0;
  if (status) {
    session.send(pdu.response({command_status: status}));
    return;
  }
  const id = `n${++count}`;
  const message = pdu.short_message || {};
  const udh = (message.udh || []).map((element) => Buffer.from(element).toString('hex'));
  say('submit', {
    id, udh, text: message.message, to: pdu.destination_addr, from: pdu.source_addr,
    source: [pdu.source_addr_ton, pdu.source_addr_npi], dest: [pdu.dest_addr_ton, pdu.dest_addr_npi],
    esm_class: pdu.esm_class, data_coding: pdu.data_coding, registered: pdu.registered_delivery,
    priority: pdu.priority_flag, validity: pdu.validity_period,
    payload: pdu.message_payload && pdu.message_payload.message,
    sar: [pdu.sar_msg_ref_num, pdu.sar_total_segments, pdu.sar_segment_seqnum],
    ports: [pdu.dest_port, pdu.source_port],
    octets: Buffer.isBuffer(message.message) ? message.message.toString('hex') : undefined,
    schedule: pdu.schedule_delivery_time, service: pdu.service_type, protocol: pdu.protocol_id,
    replace: pdu.replace_if_present_flag,
  });
  session.send(pdu.response({message_id: id}));
}

const {SMSC_KEY, SMSC_CERT, SMSC_CLIENTS} = process.env;
const tls = SMSC_KEY ? {key: fs.readFileSync(SMSC_KEY), cert: fs.readFileSync(SMSC_CERT)} : {};
if (SMSC_CLIENTS) {
  Object.assign(tls, {ca: fs.readFileSync(SMSC_CLIENTS), requestCert: true, rejectUnauthorized: true});
}

const server = smpp.createServer(tls, (session) => {
  session.on('error', (error) => say('error', {says: String(error)}));
  session.on('close', () => say('close', {}));
  session.on('pdu', (pdu) => {
    if (pdu.command.startsWith('bind_') && !pdu.isResponse()) {
      const good = pdu.password === 'secret08';
      say('bind', {command: pdu.command, system_id: pdu.system_id, good});
      session.send(pdu.response(good ? {system_id: 'node-smpp'} : {command_status: smpp.ESME_RINVPASWD}));
      if (good) sessions.push(session);
    } else if (pdu.command === 'submit_sm') {
      heardSubmit(session, pdu);
    } else if (['query_sm', 'cancel_sm', 'replace_sm'].includes(pdu.command)) {
      const text = pdu.short_message && String(pdu.short_message.message || pdu.short_message);
      say(pdu.command, {id: pdu.message_id, from: pdu.source_addr, to: pdu.destination_addr, text});
      const known = /^n[0-9]+$/.test(pdu.message_id);
      const told = pdu.command === 'query_sm' ? {message_id: pdu.message_id, message_state: 2, error_code: 0} : {};
      session.send(pdu.response(known ? told : {command_status: smpp.ESME_RINVMSGID}));
    } else if (pdu.command === 'enquire_link' || pdu.command === 'unbind') {
      say(pdu.command, {});
      session.send(pdu.response());
      if (pdu.command === 'unbind') session.close();
    }
  });
});

const orders = {
  refuse: (order) => refusals.push(order.status),
  deliver: (order) => {
    const number = ++text;
    const fields = {...order.fields};
    const udh = fields.udh ? Buffer.from(fields.udh, 'hex') : undefined;
    if (fields.text !== undefined) fields.short_message = {udh, message: fields.text};
    if (fields.payload !== undefined) fields.message_payload = {message: fields.payload};
    for (const ours of ['udh', 'text', 'payload']) delete fields[ours];
    sessions[sessions.length - 1].deliver_sm(fields, (answer) => {
      say('deliver_resp', {number, status: answer.command_status});
    });
  },
  data: (order) => sessions[sessions.length - 1].data_sm(order.fields, (answer) => {
    say('data_resp', {status: answer.command_status});
  }),
  outbind: (order) => {
    const session = smpp.connect({host: '127.0.0.1', port: order.port}, () => {
      session.send(new smpp.PDU('outbind', {system_id: 'node-smpp', password: order.password}));
    });
    session.on('error', (error) => say('error', {says: String(error)}));
    session.on('pdu', (pdu) => {
      if (pdu.command === 'bind_receiver') {
        say('bind', {command: pdu.command, system_id: pdu.system_id, good: pdu.password === 'secret08'});
        session.send(pdu.response({system_id: 'node-smpp'}));
        sessions.push(session);
      } else if (!pdu.isResponse()) {
        session.send(pdu.response());
      }
    });
  },
  enquire_link: () => sessions[sessions.length - 1].enquire_link(
    (answer) => say('enquire_link_resp', {status: answer.command_status})),
  unbind: () => sessions[sessions.length - 1].unbind(
    (answer) => say('unbind_resp', {status: answer.command_status})),
};

server.listen(0, '127.0.0.1', () => say('listening', {port: server.address().port}));
readline.createInterface({input: process.stdin})
  .on('line', (line) => { const order = JSON.parse(line); orders[order.do](order); })
  .on('close', () => process.exit(0));
