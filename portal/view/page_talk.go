package view

import "time"

// RoomsPage is /c/{slug}/rooms, and with Room set /c/{slug}/rooms/{id}. Fragment "rooms.list".
type RoomsPage struct {
	Base
	Groups []RoomGroup
	Room   *Room
}

// RoomGroup is a heading of the room list: partnership, order.
type RoomGroup struct {
	Label Text
	Rooms []RoomRow
}

// RoomRow is one room of a list.
type RoomRow struct {
	ID, URL string
	Title   Text
	Icon    string
	Last    Text   // the latest line
	Author  string // who wrote it; empty for an event
	At      time.Time
	Unread  int
	Read    int64 // the viewer's read mark, from which chat.js counts on
	On      bool
}

// Room is a room with a page of its history, oldest first. The markup is the contract with static/js/chat.js.
type Room struct {
	ID, URL    string // URL = /c/{slug}/rooms/{id}; the composer posts text and key to URL+"/messages"
	Title      Text
	Icon       string
	Companies  []string // who reads along, by name
	Readers    []string // the other companies, for the composer's line
	People     []Person
	SubjectURL string
	Me         string // person id
	Epoch      string
	After      int64 // the last sequence number rendered
	Read       int64 // the viewer's read mark
	Messages   []Message
	OlderURL   string // earlier lines; empty at the beginning
	Key        string // idempotency key of the composer
	ReadOnly   bool
	Compact    bool // the panel at the side of a page
	Form       Form
}

// Message is one line of a room: said by a person, or an event (Event true: Text is its sentence, Tone its colour).
type Message struct {
	Seq     int64
	Event   bool
	Removed bool
	Author  Person // Company is shown when it is not the viewer's
	Mine    bool
	Text    Text // what a person wrote is Raw
	Note    Text // second line of an event
	Tone    Tone
	URL     string // of an event: where to look
	At      time.Time
}
