package client_test

import (
	"context"
	"log"
	"os"
	"os/signal"
	"strconv"

	"entente/chat/client"
)

// A bot that answers whoever asks for the status.
func Example() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	c, err := client.Dial(ctx, client.Options{URL: os.Getenv("PORTAL"), Token: os.Getenv("TOKEN")})
	if err != nil {
		log.Print(err)
		return
	}
	defer c.Close()
	room := os.Getenv("ROOM")
	after, _ := strconv.ParseInt(os.Getenv("AFTER"), 10, 64) // the number of the last run, 0 for all
	if _, err := c.Join(ctx, room, after); err != nil {
		log.Print(err)
		return
	}
	for {
		e, err := c.Next(ctx)
		if err != nil {
			log.Print(err) // signed out for good, or interrupted
			return
		}
		if e.Type == client.Message && e.Text == "status?" {
			key := "status-" + strconv.FormatInt(e.Seq, 10) // the same answer once, also after a crash
			if _, err := c.Post(ctx, client.Draft{Room: room, Key: key, Text: "All well.", Thread: e.Seq}); err != nil {
				log.Print(err)
			}
		}
	}
}
