// The original's router: what a page says goes to the queue userLogin, what comes from frontendMessage goes to the page.
// It prints `listening PORT` when it is ready.
import http from 'node:http';
import express from 'express';
import { Server } from 'socket.io';
import { connect } from './node_rabbit.mjs';

const server = http.createServer(express());
const io = new Server(server, { cors: { origin: '*' } });

const channel = await connect('frontendMessage', (event) => {
  const data = JSON.parse(event.content.toString());
  io.to(data.socketId).emit(data.type, data.res);
});

io.on('connection', (socket) => {
  for (const queue of ['userLogin', 'userSlow'])
    socket.on(queue, (data) => {
      const event = JSON.parse(data);
      event.socketId = socket.id;
      channel.send(queue, event);
    });
});

server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
