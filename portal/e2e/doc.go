// Package e2e drives the whole program from outside: the built binary, over real
// HTTP and WebSocket, on both databases. It holds tests only.
package e2e
