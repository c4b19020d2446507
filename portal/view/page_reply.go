package view

import "time"

// RepliesPage is /c/{slug}/edi/replies: what suppliers' systems sent and what is not
// booked, because it waits for its order or for a person. Fragment "replies.list".
type RepliesPage struct {
	Base
	Rows  []ReplyBox
	Pager Pager
}

// ReplyBox is one of them, also on the pages of its order and of its message. Buttons
// post to URL + "/retry" and "/discard" (field "reason").
type ReplyBox struct {
	URL        string
	Code       string // 855, 856, 810
	Number     string
	Partner    Company
	Status     Status
	Reason     Text // why
	Next       Text // what to do
	Owner      string
	Order      string
	OrderURL   string
	MessageURL string
	At, Due    time.Time // Due: until when it waits for its order
	CanDecide  bool
	Findings   []Text // what the sender's own checks hold it for
	CanRelease bool   // posts to URL + "/release" (field "reason")
}

// SentWarning is a document that left although something in it differs from the order.
// Reason and By say why a person let it go.
type SentWarning struct {
	Code, Number, Reason, By string
	At                       time.Time
	Findings                 []Text
}

// CheckSetting is how what the viewer's company sends to a partner is checked before it
// leaves. It posts to the page's address + "/checks".
type CheckSetting struct {
	Rows     []SendCheckRow
	Editable bool
}

// SendCheckRow is one rule; Name is that of its field.
type SendCheckRow struct {
	Name    string
	Label   Text
	Choices []Option
}

func (p *RepliesPage) meta() meta {
	return meta{block: "replies", layout: "app", nav: NavEDI, head: true}
}
