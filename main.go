// Command entente is a partner portal with an EDI gateway.
package main

import (
	"os"

	"entente/portal/app"
)

func main() { os.Exit(app.Main(os.Args[1:], os.Stdout, os.Stderr)) }
