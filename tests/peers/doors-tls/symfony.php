<?php
// Symfony's notifier with its bridge to Twilio, told our host in the place of Twilio's: says what it got, as JSON.
require 'Symfony/Component/Notifier/Bridge/Twilio/autoload.php';

use Symfony\Component\HttpClient\HttpClient;
use Symfony\Component\Notifier\Bridge\Twilio\TwilioTransportFactory;
use Symfony\Component\Notifier\Exception\TransportException;
use Symfony\Component\Notifier\Message\SmsMessage;
use Symfony\Component\Notifier\Transport\Dsn;

[, $host, $port, $account, $token, $to, $authority] = $argv;
$client = HttpClient::create(['cafile' => $authority]);
$dsn = new Dsn("twilio://$account:$token@$host:$port?from=Shop");
$transport = (new TwilioTransportFactory(null, $client))->create($dsn);
$sent = $transport->send(new SmsMessage($to, 'Čaj iz PHP'));
try {
    $transport->send(new SmsMessage('12', 'x'));
    $refused = '';
} catch (TransportException $error) {
    $refused = $error->getMessage();
}
echo json_encode(['id' => $sent->getMessageId(), 'refused' => $refused]), "\n";
