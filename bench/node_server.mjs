// The peer: the same echo on a stock socket.io server.  It prints one line, `listening PORT`; SIGUSR2 collects
// garbage, so that what is measured is what it keeps.
import { createServer } from 'node:http';
import { Server } from 'socket.io';

const http = createServer();
const io = new Server(http, { cors: { origin: '*' }, pingInterval: Number(process.argv[2]) });
io.on('connection', (socket) => {
  socket.on('message-with-ack', (...args) => args.pop()(...args));
});
process.on('SIGUSR2', () => global.gc());
http.listen(0, '127.0.0.1', () => console.log(`listening ${http.address().port}`));
