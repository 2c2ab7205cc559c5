// The original's way to RabbitMQ, the same in both programs: transient queues, no acknowledgements, JSON.
import { promisify } from 'node:util';
import rabbit from 'amqplib/callback_api';

const QUEUES = ['userLogin', 'userSlow', 'frontendMessage'];

// Resolves with the channel when `onMessage` gets what comes to `queue`.  More queues are consumed with channel.take.
export async function connect(queue, onMessage) {
  const connection = await promisify(rabbit.connect)(process.env.RABBITMQ_URL);
  const channel = await promisify(connection.createChannel).call(connection);
  const assertQueue = promisify(channel.assertQueue).bind(channel);
  for (const name of QUEUES) await assertQueue(name, { durable: false });
  channel.send = (to, message) => channel.sendToQueue(to, Buffer.from(JSON.stringify(message)));
  channel.take = (from, handler) => promisify(channel.consume).call(channel, from, handler, { noAck: true });
  await channel.take(queue, onMessage);
  return channel;
}
