// Package browser drives the built program with a real Chromium: the tests
// beside it do what people do, and shots takes the pictures. It is a module of
// its own, so that the browser's protocol stays out of the product's graph.
package browser
