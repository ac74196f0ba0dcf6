package main

import (
	"io"
	"net"
	"time"
)

func giveBack(stream net.Conn) {
	defer stream.Close()
	bytes := make([]byte, 16*1024)
	for {
		got, err := stream.Read(bytes)
		if err != nil {
			return
		}
		if _, err := stream.Write(bytes[:got]); err != nil {
			return
		}
	}
}

func acceptAll(listener net.Listener) {
	for {
		stream, err := listener.Accept()
		if err != nil {
			return
		}
		go giveBack(stream)
	}
}

func listen() net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go acceptAll(listener)
	return listener
}

// Starts the server and gives its port.
func serve() int {
	return listen().Addr().(*net.TCPAddr).Port
}

func echo(count uint64) uint64 {
	listener := listen()
	defer listener.Close()
	stream, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		panic(err)
	}
	defer stream.Close()
	bytes := make([]byte, 64)
	begin := time.Now()
	for i := uint64(0); i < count; i++ {
		if _, err := stream.Write(bytes); err != nil {
			panic(err)
		}
		if _, err := io.ReadFull(stream, bytes); err != nil {
			panic(err)
		}
	}
	return since(begin)
}
