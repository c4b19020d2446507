package mailin

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"entente/chat/attach"
	"entente/chat/forum"
	"entente/chat/room"
	"entente/db"
	"entente/db/audit"
	"entente/db/job"
	"entente/portal/letter"
	"entente/portal/locale"
	"entente/portal/mail"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
)

// KindRefused is a mail that tells its writer that an answer was not posted.
const KindRefused account.MailKind = "reply_refused"

// read is the job: it posts what was typed, then notes what became of the mail. A crash
// between the two posts again under the same key, which is the first post.
func (s *Service) read(ctx context.Context, a job.Args) error {
	var r ref
	if err := a.Decode(&r); err != nil {
		return err
	}
	return s.work(ctx, r.ID)
}

func (s *Service) work(ctx context.Context, id string) error {
	var m inRow
	var to replyRow
	err := s.DB.View(ctx, func(ctx context.Context) (err error) {
		if m, err = readIn(ctx, id); err == nil && m.State == string(Received) {
			to, err = readReply(ctx, m.ReplyID)
		}
		return err
	})
	if fault.IsNotFound(err) || err == nil && m.State != string(Received) {
		return nil
	}
	if err != nil {
		return err
	}
	p, there, err := s.person(ctx, m.OrgID, m.PersonID)
	if err != nil {
		return err
	}
	if !there {
		return s.finish(ctx, m, Refused, reasonLeft, nil)
	}
	l, err := letter.Read(m.Raw)
	if err != nil {
		return s.refuse(ctx, m, to, p, l, "mailin.unreadable", nil)
	}
	switch {
	case m.Nobody != 0 || l.Auto:
		return s.finish(ctx, m, Dropped, reasonAuto, nil)
	case len(l.From) != 1 || !strings.EqualFold(l.From[0], p.Email):
		return s.refuse(ctx, m, to, p, l, reasonSender, nil)
	case m.Size > MaxSize: // only its head was kept
		return s.refuse(ctx, m, to, p, l, reasonLarge, nil)
	case l.Text == "" && len(l.Files) == 0:
		return s.refuse(ctx, m, to, p, l, reasonEmpty, nil)
	}
	actor := access.Actor{Person: p.ID, Org: p.Org, Roles: p.Roles, Via: room.ViaMail}
	switch err := s.post(ctx, actor, words(ctx, p), m, to, l); fault.CodeOf(err) {
	case "":
		return s.finish(ctx, m, Posted, "", nil)
	case fault.NotFound, fault.Forbidden, fault.Unauthenticated:
		return s.refuse(ctx, m, to, p, l, reasonGone, nil)
	case fault.Invalid, fault.Conflict, fault.TooLarge:
		return s.refuse(ctx, m, to, p, l, "", fault.As(err))
	default: // it may go the next time
		return err
	}
}

// post puts a letter where its address leads. Its key is the mail's: the same mail is one
// post, however often it comes and by which address to the same room or topic.
func (s *Service) post(ctx context.Context, actor access.Actor, p *locale.Printer, m inRow, to replyRow, l letter.Letter) error {
	key := "mail:" + m.MessageKey[:32]
	if to.Kind == kindTopic {
		topic := forum.TopicID(to.Object)
		key += to.Object[len(to.Object)-8:]
		if there, err := s.Forum.Posted(ctx, actor, topic, key); err != nil || there { // before its files are brought anew
			return err
		}
		files, left, err := carry(l, forum.MaxFiles, func(name string, body io.Reader) (forum.FileID, error) {
			f, err := s.Forum.Bring(ctx, actor, "", topic, name, body)
			return f.ID, err
		})
		if err == nil {
			_, err = s.Forum.ReplyWith(ctx, actor, topic, withLeft(p, l.Text, left), key, files)
		}
		return err
	}
	d := room.Draft{Room: room.ID(to.Object), Key: key, Thread: to.Seq}
	if there, err := s.Rooms.Posted(ctx, actor, d.Room, key); err != nil || there {
		return err
	}
	files, left, err := carry(l, room.MaxFiles, func(name string, body io.Reader) (room.FileID, error) {
		f, err := s.Rooms.Bring(ctx, actor, d.Room, name, body)
		return f.ID, err
	})
	if err != nil {
		return err
	}
	d.Files, d.Text = files, withLeft(p, l.Text, left)
	_, _, err = s.Rooms.Post(ctx, actor, d)
	if f := fault.As(err); err != nil && f.Code == fault.Invalid && len(f.Fields) == 1 && f.Fields[0].Name == "thread" {
		d.Thread = 0 // what it answers was taken away for its age: it is said to the room
		_, _, err = s.Rooms.Post(ctx, actor, d)
	}
	return err
}

// carry brings the files of a letter, and names those that were not taken.
func carry[ID any](l letter.Letter, most int, bring func(name string, body io.Reader) (ID, error)) (ids []ID, left []string, err error) {
	left = slices.Clone(l.Left)
	for _, f := range l.Files {
		if len(ids) == most {
			left = append(left, f.Name)
			continue
		}
		id, err := bring(f.Name, bytes.NewReader(f.Body))
		switch c := fault.CodeOf(err); {
		case err == nil:
			ids = append(ids, id)
		case c == fault.Invalid || c == fault.TooLarge: // judged: empty, a program, refused by the scanner
			left = append(left, f.Name)
		default:
			return nil, nil, err
		}
	}
	return ids, left, nil
}

// withLeft adds to a text which files of its mail were not taken.
func withLeft(p *locale.Printer, text string, left []string) string {
	if len(left) == 0 {
		return text
	}
	var names []string
	for _, n := range left[:min(len(left), maxLeftOut)] {
		if n = attach.CleanName(n); len([]rune(n)) > maxLeftName {
			n = string([]rune(n)[:maxLeftName]) + "…"
		}
		names = append(names, n)
	}
	said := p.T("mailin.left_out", "names", strings.Join(names, ", "))
	if len(left) > maxLeftOut {
		said = p.T("mailin.left_out_more", "names", strings.Join(names, ", "), "n", len(left)-maxLeftOut)
	}
	return strings.TrimSpace(text + "\n\n" + said)
}

// words are those of a person.
func words(ctx context.Context, p account.Colleague) *locale.Printer {
	zone, err := time.LoadLocation(p.Zone)
	if err != nil {
		zone = time.UTC
	}
	return locale.New(locale.Language(p.Locale), zone, db.Now(ctx))
}

// finish notes what became of a mail and forgets its bytes; also is done in the same
// transaction.
func (s *Service) finish(ctx context.Context, m inRow, state State, reason string, also func(ctx context.Context) error) error {
	err := s.DB.InTx(db.WithOrgs(ctx, m.OrgID), func(ctx context.Context) error {
		done, err := finishIn(ctx, m.ID, state, reason, db.Now(ctx))
		if err != nil || !done || also == nil {
			return err
		}
		return also(ctx)
	})
	if err == nil {
		s.Log.Info("mail in", "mail", m.ID, "person", m.PersonID, "state", string(state), "reason", reason)
	}
	return err
}

// refuse tells the writer once, in plain text and in the writer's language, why an answer
// was not posted. It goes to the person the address was made for and never to who claims
// to have sent it: who has no such address is told nothing. One a day for an address and
// a reason is enough.
func (s *Service) refuse(ctx context.Context, m inRow, to replyRow, p account.Colleague, l letter.Letter, reason string, why *fault.Error) error {
	w := words(ctx, p)
	said := ""
	switch {
	case why != nil && len(why.Fields) > 0:
		reason = why.Fields[0].Key
		said = w.T(reason, why.Fields[0].Args)
	case why != nil:
		reason = why.Key
		said = w.T(reason, why.Args)
	case strings.Contains(reason, "."):
		said = w.T(reason)
	default:
		said = w.T("mailin.refused." + reason)
	}
	orgs, err := s.People.OrgsByID(ctx, m.OrgID)
	if err != nil {
		return err
	}
	object := to.Object
	path := s.Out.Link("/c/" + orgs[m.OrgID].Slug + "/" + view.SubjectPath(to.Kind, object))
	lines := []string{w.T("mail.hello", "name", p.Name), "", w.T("mail.reply_refused.body"), "", said, ""}
	if l.Subject != "" && reason != reasonSender {
		lines = append(lines, w.T("mail.reply_refused.yours", "subject", l.Subject), "")
	}
	lines = append(lines, w.T("mail.reply_refused.open")+" "+path, "")
	out := account.Letter{
		Mail:    account.Mail{Kind: KindRefused, Org: m.OrgID, Person: p.ID, Address: p.Email, Name: p.Name, Locale: p.Locale, Zone: p.Zone, Dedupe: "mailin:" + to.ID + ":" + reason + ":" + db.Now(ctx).UTC().Format(time.DateOnly)},
		Subject: w.T("mail.reply_refused.subject"), Body: strings.Join(lines, "\n"), Thread: to.Kind + "/" + object,
	}
	return s.finish(ctx, m, Refused, reason, func(ctx context.Context) error {
		if reason == reasonSender { // somebody else has the address
			if err := audit.Write(ctx, audit.Entry{Org: m.OrgID, Person: m.PersonID, Via: room.ViaMail, Action: "mail.answer", SubjectKind: "mail", SubjectID: m.ID, Outcome: audit.Denied}); err != nil {
				return err
			}
		}
		return s.Out.Post(ctx, out)
	})
}

var _ mail.Answers = (*Service)(nil)
