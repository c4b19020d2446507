package mail

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	netmail "net/mail"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"entente/prm/account"
)

const dialTimeout = 10 * time.Second

// server is the mail server that mail leaves through.
type server struct {
	host     string
	port     int
	tls      bool // from the first byte (smtps); otherwise STARTTLS
	user     string
	password string
	from     string
	err      error // what is wrong with its address
}

// newServer reads smtp://user:password@host:port or smtps://…. With a user the
// connection must be encrypted; without one STARTTLS is used where offered. The
// sender is ?from=, else the user if that is an address, else entente@ the
// portal's host.
func newServer(address, base string) *server {
	s := &server{}
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		s.err = fmt.Errorf("the mail server's address is not smtp://host:port or smtps://host:port")
		return s
	}
	s.host, s.tls, s.port = u.Hostname(), u.Scheme == "smtps", 587
	if s.tls {
		s.port = 465
	}
	if u.Port() != "" {
		if s.port, err = strconv.Atoi(u.Port()); err != nil || s.port < 1 || s.port > 65535 {
			s.err = fmt.Errorf("the mail server's port is out of range")
			return s
		}
	}
	s.user = u.User.Username()
	s.password, _ = u.User.Password()
	s.from = u.Query().Get("from")
	if s.from == "" && strings.Contains(s.user, "@") {
		s.from = s.user
	}
	if s.from == "" {
		host := "localhost"
		if b, err := url.Parse(base); err == nil && b.Hostname() != "" {
			host = b.Hostname()
		}
		s.from = "entente@" + host
	}
	if _, err := account.NormalEmail("from", s.from); err != nil {
		s.err = fmt.Errorf("the sender %q is not an address; give ?from= in the mail server's address", s.from)
	}
	return s
}

// message builds a mail. Line breaks in a header value are refused, never folded
// in.
func (s *server) message(m Mail) (*gomail.Msg, error) {
	if strings.ContainsAny(m.Subject+m.Address+m.Stop+m.ReplyTo+m.Sender, "\r\n\x00") {
		return nil, errForged
	}
	msg := gomail.NewMsg(gomail.WithCharset(gomail.CharsetUTF8))
	from := s.from
	if m.Sender != "" { // written by net/mail: a name may hold what an address list is made of
		from = (&netmail.Address{Name: m.Sender, Address: s.from}).String()
	}
	if err := msg.From(from); err != nil {
		return nil, errors.Join(errForged, err)
	}
	if m.Envelope != "" {
		if err := msg.EnvelopeFrom(m.Envelope); err != nil {
			return nil, errors.Join(errForged, err)
		}
	}
	if err := msg.To(m.Address); err != nil {
		return nil, errors.Join(errForged, err)
	}
	if m.ReplyTo != "" {
		if err := msg.ReplyTo(m.ReplyTo); err != nil {
			return nil, errors.Join(errForged, err)
		}
	}
	msg.Subject(m.Subject)
	msg.SetDateWithValue(m.Created)
	_, host, _ := strings.Cut(s.from, "@")
	msg.SetMessageIDWithValue(m.ID + "@" + host)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	if m.Thread != "" {
		// The root of the thread is no mail: each of them may be the first that arrives. It
		// is the same for one reader only (RFC 5322 section 3.6.4).
		sum := sha256.Sum256([]byte(m.Org + "|" + m.Person + "|" + m.Thread))
		root := "<thread." + hex.EncodeToString(sum[:16]) + "@" + host + ">"
		msg.SetGenHeader(gomail.HeaderInReplyTo, root)
		msg.SetGenHeader(gomail.HeaderReferences, root)
	}
	if m.Stop != "" {
		msg.SetGenHeader(gomail.HeaderListUnsubscribe, "<"+m.Stop+">")
		if strings.HasPrefix(m.Stop, "https://") { // RFC 8058 section 3.1 asks for it
			msg.SetGenHeader(gomail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
		}
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Body)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	return msg, nil
}

var errForged = errors.New("mail: an address or subject that would forge a header")

// send hands a mail to the server. It dials for each mail: mail is rare here.
func (s *server) send(ctx context.Context, m Mail) error {
	if s.err != nil {
		return s.err
	}
	msg, err := s.message(m)
	if err != nil {
		return err
	}
	opts := []gomail.Option{gomail.WithPort(s.port), gomail.WithTimeout(dialTimeout)}
	switch {
	case s.tls:
		opts = append(opts, gomail.WithSSL())
	case s.user != "":
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSMandatory))
	default:
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	}
	if s.user != "" {
		opts = append(opts, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(s.user), gomail.WithPassword(s.password))
	}
	c, err := gomail.NewClient(s.host, opts...)
	if err != nil {
		return err
	}
	return c.DialAndSendWithContext(ctx, msg)
}

// permanent reports a refusal of this very mail, which another try would not
// change. A wrong password of ours is no such thing: it is mended in the settings.
func permanent(err error) bool {
	var se *gomail.SendError
	return errors.Is(err, errForged) || errors.As(err, &se) && se.ErrorCode() >= 500
}

// unknown says of a code that there is no such address. A server that says more than 550
// (RFC 3463) may mean its rules, or us: that is nobody's address.
func unknown(code string) bool {
	w := strings.Fields(code)
	if len(w) < 2 || w[0] != "smtp" || !slices.Contains([]string{"550", "551", "553"}, w[1]) {
		return false
	}
	return len(w) == 2 || slices.Contains([]string{"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"}, w[2])
}

// code is what the row keeps of an error: the server's status or a word, never
// text that a server wrote.
func code(err error) string {
	var se *gomail.SendError
	if errors.As(err, &se) && se.ErrorCode() > 0 {
		s := "smtp " + strconv.Itoa(se.ErrorCode())
		if se.Reason != gomail.ErrSMTPRcptTo { // it is not the address
			return s + " message"
		}
		return strings.TrimSpace(s + " " + se.EnhancedStatusCode())
	}
	var te *textproto.Error
	if errors.As(err, &te) {
		return "smtp " + strconv.Itoa(te.Code)
	}
	if errors.Is(err, errForged) {
		return "address"
	}
	return "unreachable"
}
