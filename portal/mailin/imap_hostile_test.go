package mailin

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"math"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"entente/chat/room"
	"entente/db/dbtest"
)

// scripted is a server that answers a command as the test says: by its name, else in a way
// that is good enough.
func scripted(w *world, answer map[string]func(line string) string) *mailbox {
	w.t.Helper()
	cert, key, pool := selfSigned(w.t)
	pair, err := tls.LoadX509KeyPair(cert, key)
	w.must(err)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12})
	w.must(err)
	w.t.Cleanup(func() { _ = l.Close() })
	serve := func(c net.Conn) {
		defer func() { _ = c.Close() }()
		_, _ = c.Write([]byte("* OK [CAPABILITY IMAP4rev1] hello\r\n"))
		for in := bufio.NewScanner(c); in.Scan(); {
			tag, rest, _ := strings.Cut(in.Text(), " ")
			name := ""
			for _, n := range []string{"LOGIN", "CAPABILITY", "SELECT", "UID SEARCH", "UID FETCH", "UID STORE", "LOGOUT"} {
				if strings.HasPrefix(rest, n) {
					name = n
				}
			}
			said := map[string]string{"CAPABILITY": "* CAPABILITY IMAP4rev1\r\n", "SELECT": "* 1 EXISTS\r\n* OK [UIDVALIDITY 7] good\r\n"}[name]
			if f := answer[name]; f != nil {
				said = f(rest)
			}
			if _, err := c.Write([]byte(said + tag + " OK done\r\n")); err != nil {
				return
			}
		}
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serve(c)
		}
	}()
	return &mailbox{w: w, addr: l.Addr().String(), tls: &tls.Config{RootCAs: pool, ServerName: "answers.example", MinVersion: tls.VersionTLS12}}
}

// shelf is a server that hands out mails as they are, numbered from one: others mend a head
// before anybody reads it.
func shelf(w *world, mails ...string) *mailbox {
	w.t.Helper()
	return scripted(w, map[string]func(string) string{
		"UID SEARCH": func(string) (out string) {
			for i := range mails {
				out += fmt.Sprint(" ", i+1)
			}
			return "* SEARCH" + out + "\r\n"
		},
		"UID FETCH": func(line string) (out string) {
			first, last, many := strings.Cut(strings.Fields(line)[2], ":")
			from, err := strconv.Atoi(first)
			to := from
			if many && err == nil {
				to, err = strconv.Atoi(last)
			}
			if err != nil {
				w.t.Errorf("%q: %v", line, err)
				return ""
			}
			for uid := from; uid <= to; uid++ {
				if all := mails[uid-1]; strings.Contains(line, "HEADER") {
					head, _, _ := strings.Cut(all, "\r\n\r\n")
					out += fetched(uid, "BODY[HEADER]<0>", head+"\r\n\r\n")
				} else {
					out += fetched(uid, "BODY[]<0>", all)
				}
			}
			return out
		},
	})
}

// fetched answers that a mail is there, with a section under the name the server gives it.
func fetched(uid int, section, text string) string {
	return fmt.Sprintf("* 1 FETCH (UID %d RFC822.SIZE %d %s {%d}\r\n%s)\r\n", uid, len(text), section, len(text), text)
}

// TestMailboxOfAnotherKind: a mail is neither lost nor taken twice when the server tells of
// its flags first, sends the whole where a part was asked for, or has a head that is longer
// than what is read of one.
func TestMailboxOfAnotherKind(t *testing.T) {
	t.Parallel()
	w := setup(t, dbtest.One(t), DoorOptions{})
	chat := w.address("maya", kindRoom)
	mails := map[int]string{
		1: sentTo("To", chat, "maya@kestrel.example", "one", "First."),
		2: sentTo("To", chat, "maya@kestrel.example", "two", "Second."),
		3: sentTo("To", chat, "maya@kestrel.example", "three", "Third."),
	}
	head, body, _ := strings.Cut(mails[3], "\r\n\r\n")
	head += "\r\nX-Long: "
	head += strings.Repeat("x", boxHead-len(head)-5) + "\r\n" // three letters of the next line are read
	mails[3] = head + "Received: from x\r\n\r\n" + body
	flags := "* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n"
	m := scripted(w, map[string]func(string) string{
		"UID SEARCH": func(string) string { return "* SEARCH 1 2 3\r\n" },
		"UID FETCH": func(line string) (out string) {
			set := strings.Fields(line)[2]
			var uids imap.UIDSet
			for u := range 3 {
				if set == "1:3" || set == fmt.Sprint(u+1) || set == "1:2" && u < 2 || set == "2:3" && u > 0 {
					uids.AddNum(imap.UID(u + 1))
				}
			}
			if uids.Contains(1) {
				out, flags = flags, ""
			}
			for u := 1; u <= 3; u++ {
				switch all := mails[u]; {
				case !uids.Contains(imap.UID(u)):
				case strings.Contains(line, "HEADER") && u == 2:
					h, _, _ := strings.Cut(all, "\r\n\r\n")
					out += fetched(u, "BODY[HEADER]", h+"\r\n\r\n")
				case strings.Contains(line, "HEADER"):
					h, _, _ := strings.Cut(all, "\r\n\r\n")
					h += "\r\n\r\n"
					out += fetched(u, "BODY[HEADER]<0>", h[:min(len(h), boxHead)])
				case u == 2:
					out += fetched(u, "BODY[]", all)
				default:
					out += fetched(u, "BODY[]<0>", all)
				}
			}
			return out
		},
	})
	w.must(m.look())
	w.must(m.look())
	w.must(m.look())
	w.run()
	msgs, err := w.rooms.History(w.ctx(), w.actor("ingrid"), w.room, room.Window{})
	w.must(err)
	var said []string
	for _, x := range msgs {
		if x.Via == room.ViaMail {
			said = append(said, x.Text)
		}
	}
	if slices.Sort(said); !slices.Equal(said, []string{"First.", "Second.", "Third."}) {
		t.Errorf("said %q", said)
	}
}

// TestMailboxHostile: a server that names every mail there can be, answers without an end or
// says nothing of the validity of its numbers is refused, and takes neither memory nor the
// process.
func TestMailboxHostile(t *testing.T) {
	t.Parallel()
	w := setup(t, dbtest.One(t), DoorOptions{})
	for name, answer := range map[string]map[string]func(string) string{
		"the last number": {"UID SEARCH": func(string) string { return "* SEARCH *\r\n" }},
		"no validity":     {"SELECT": func(string) string { return "* 1 EXISTS\r\n" }},
		"no end": {"UID SEARCH": func(string) string { return "* SEARCH 1\r\n" }, "UID FETCH": func(string) string {
			return fetched(1, "BODY[HEADER]<0>", strings.Repeat("X: y\r\n", boxTalk/5))
		}},
		"another size": {"UID SEARCH": func(string) string { return "* SEARCH 1\r\n" }, "UID FETCH": func(string) string {
			return "* 1 FETCH (UID 1 BODY[HEADER]<0> {99999999999}\r\n" + strings.Repeat("z", boxTalk)
		}},
	} {
		if err := scripted(w, answer).look(); err == nil {
			t.Errorf("%s: taken as good", name)
		}
	}
	set := imap.UIDSet{{Start: math.MaxUint32 - 1, Stop: math.MaxUint32}, {Start: 5, Stop: 7}, {Start: 6, Stop: 6}, {Start: 7, Stop: 9}}
	if got, err := firstUIDs(&imap.SearchData{All: set}, 5); err != nil || !slices.Equal(got, []imap.UID{6, 7, 8, 9, math.MaxUint32 - 1, math.MaxUint32}) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := firstUIDs(&imap.SearchData{All: imap.UIDSet{{Start: 1, Stop: math.MaxUint32}}}, 10); err != nil || len(got) != boxMost || got[0] != 11 {
		t.Errorf("%d, %v", len(got), err)
	}
	if _, err := firstUIDs(&imap.SearchData{All: imap.UIDSet{{Start: 1}}}, 0); err == nil {
		t.Error("a set without an end was taken")
	}
	if got, err := firstUIDs(&imap.SearchData{All: set}, math.MaxUint32); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
}
