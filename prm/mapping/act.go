package mapping

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/hex"
	"strings"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/mapping/blind"
)

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

// secrets is what a side keeps sealed while a run lasts.
type secrets struct {
	Blind []byte `json:"blind"`        // multiplies points
	List  []byte `json:"list"`         // goes into the hash of the list itself
	DH    []byte `json:"dh,omitempty"` // X25519, of runs with another server
}

func about(run ID, org string) string { return "mapping " + string(run) + " " + org }

// newSide makes the secrets of a company for a run.
func (s *Service) newSide(r Run, org string) (sideRow, error) {
	x := secrets{Blind: blind.NewSecret().Bytes(), List: random(32)}
	row := sideRow{RunID: string(r.ID), OrgID: org, Role: r.Role(org)}
	if r.Way == File {
		key, err := ecdh.X25519().GenerateKey(rand.Reader)
		if err != nil {
			return row, err
		}
		x.DH, row.DhPublic = key.Bytes(), hex.EncodeToString(key.PublicKey().Bytes())
	}
	row.Secret = s.box.Seal([]byte(db.Text(x)), about(r.ID, org))
	return row, nil
}

// opened gives the secrets of a side. Codes: Internal, Conflict (they were destroyed).
func (s *Service) opened(row sideRow) (secrets, *blind.Secret, error) {
	if len(row.Secret) == 0 {
		return secrets{}, nil, fault.New(fault.Conflict, "mapping.over")
	}
	plain, err := s.box.Open(row.Secret, about(ID(row.RunID), row.OrgID))
	if err != nil {
		return secrets{}, nil, err
	}
	x := db.FromText[secrets](string(plain))
	b, err := blind.ReadSecret(x.Blind)
	if err != nil {
		return secrets{}, nil, fault.Wrap(err, fault.Internal, "secret.broken", "About", about(ID(row.RunID), row.OrgID))
	}
	return x, b, nil
}

// ProposeCmd begins a run with a partner of this server. Proposing is the consent to the
// first step.
type ProposeCmd struct {
	Partnership string
	Terms
}

// Propose asks a partner to compare lists.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid (kinds, fields), Conflict (the
// partnership is not active, a run with this partner is open), RateLimited.
func (s *Service) Propose(ctx context.Context, actor access.Actor, cmd ProposeCmd) (Run, error) {
	if err := access.Check(actor, access.MappingWrite, access.Own(actor.Org)); err != nil {
		return Run{}, err
	}
	terms, err := cmd.Terms.Clean()
	if err != nil {
		return Run{}, err
	}
	var out Run
	err = s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		p, err := partnershipByID(ctx, cmd.Partnership)
		if err == nil {
			err = access.Check(actor, access.PartnerRead, access.Shared(p.SupplierID, p.ResellerID))
		}
		if err != nil {
			return err
		}
		if p.State != "active" {
			return fault.New(fault.Conflict, "mapping.partnership")
		}
		other := p.SupplierID
		if other == actor.Org {
			other = p.ResellerID
		}
		now := db.Now(ctx)
		r := Run{ID: ID(db.NewID()), Way: Here, Code: newCode(), Starter: actor.Org, Partner: other, Partnership: p.ID, Terms: terms, State: Proposed, Made: now, MadeBy: actor.Person, Changed: now, Expires: until(ctx)}
		if err := limited(ctx, r, actor.Org); err != nil {
			return err
		}
		if err := insertRun(ctx, r); err != nil {
			return err
		}
		for _, org := range r.Orgs() {
			row, err := s.newSide(r, org)
			if err != nil {
				return err
			}
			if org == actor.Org {
				row.Consent = StepSize
			}
			if err := insertSide(ctx, row); err != nil {
				return err
			}
		}
		if err := note(ctx, actor, r, DidPropose, StepSize); err != nil {
			return err
		}
		out = r
		return s.publish(ctx, actor, EventProposed, r, StepSize)
	})
	return out, err
}

// partners says whether the companies of a run still do business: a consent that was given
// before the partnership was suspended or ended is not made use of.
func partners(ctx context.Context, r Run) error {
	if r.Way == File {
		return nil
	}
	p, err := partnershipByID(ctx, r.Partnership)
	if err == nil && p.State != "active" {
		err = fault.New(fault.Conflict, "mapping.partnership")
	}
	return err
}

// limited keeps companies from asking again and again.
func limited(ctx context.Context, r Run, org string) error {
	since := db.Micros(db.Now(ctx).Add(-Month))
	if r.Way == File {
		n, err := begunFiles(ctx, org, since)
		if err == nil && n >= perFile {
			err = fault.New(fault.RateLimited, "mapping.too_often_files", "Most", perFile)
		}
		return err
	}
	n, err := begun(ctx, r.pair(), since)
	if err == nil && n >= perMonth {
		err = fault.New(fault.RateLimited, "mapping.too_often", "Most", perMonth)
	}
	if err == nil {
		if n, err = asked(ctx, r.pair(), since); err == nil && n >= asks {
			err = fault.New(fault.RateLimited, "mapping.too_often_asked", "Most", asks)
		}
	}
	return err
}

// FileCmd begins a run with a company of another server.
type FileCmd struct {
	Name string // of the company
	Terms
}

// StartFile begins a run whose messages are files.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid (name, kinds, fields), RateLimited.
func (s *Service) StartFile(ctx context.Context, actor access.Actor, cmd FileCmd) (Run, error) {
	if err := access.Check(actor, access.MappingWrite, access.Own(actor.Org)); err != nil {
		return Run{}, err
	}
	name := strings.TrimSpace(cmd.Name)
	switch {
	case name == "":
		return Run{}, fault.InvalidField("name", "form.missing")
	case !readable(name):
		return Run{}, fault.InvalidField("name", "form.text_wrong")
	}
	terms, err := cmd.Terms.Clean()
	if err != nil {
		return Run{}, err
	}
	var out Run
	err = s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) (err error) {
		now := db.Now(ctx)
		out = Run{ID: ID(db.NewID()), Way: File, Code: newCode(), Starter: actor.Org, Name: name, Terms: terms, State: Working, Made: now, MadeBy: actor.Person, Changed: now, Expires: until(ctx)}
		return s.begin(ctx, actor, out, nil)
	})
	return out, err
}

// begin writes a run with another server. peer is what changes on the side of one that the
// other began.
func (s *Service) begin(ctx context.Context, actor access.Actor, r Run, peer func(*sideRow)) error {
	if err := limited(ctx, r, actor.Org); err != nil {
		return err
	}
	if err := insertRun(ctx, r); err != nil {
		return err
	}
	row, err := s.newSide(r, actor.Org)
	if err != nil {
		return err
	}
	row.Consent = StepSize
	if peer != nil {
		peer(&row)
	}
	if err := insertSide(ctx, row); err != nil {
		return err
	}
	if err := note(ctx, actor, r, DidPropose, StepSize); err != nil {
		return err
	}
	return s.wake(ctx)
}

// act loads a run under its lock and does something with it.
func (s *Service) act(ctx context.Context, actor access.Actor, id ID, do func(ctx context.Context, r Run, d Detail) error) error {
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := load(ctx, actor, access.MappingWrite, id, true)
		if err != nil {
			return err
		}
		d, err := detail(ctx, r, actor.Org)
		if err != nil {
			return err
		}
		return do(ctx, r, d)
	})
}

func notNow(s State) error { return fault.New(fault.Conflict, "mapping.not_now", "State", string(s)) }

// Accept agrees to the first step: both lists are committed to, exchanged and compared, and
// the size is told.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict (not asked, answered, the
// partnership is not active any more), RateLimited.
func (s *Service) Accept(ctx context.Context, actor access.Actor, id ID) error {
	return s.act(ctx, actor, id, func(ctx context.Context, r Run, d Detail) error {
		if !d.Can("accept", actor.Org) {
			return notNow(r.State)
		}
		if err := partners(ctx, r); err != nil {
			return err
		}
		if err := limited(ctx, r, actor.Org); err != nil {
			return err
		}
		if _, err := raiseConsent(ctx, id, actor.Org, StepSize); err != nil {
			return err
		}
		was := r
		r.State, r.Expires = Working, db.FromMicros(0)
		if err := saveRun(ctx, was, r); err != nil {
			return err
		}
		if err := note(ctx, actor, r, DidConsent, StepSize); err != nil {
			return err
		}
		if err := s.publish(ctx, actor, EventConsented, r, StepSize); err != nil {
			return err
		}
		return s.wake(ctx)
	})
}

// Decline refuses to compare; nothing was computed or exchanged.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict.
func (s *Service) Decline(ctx context.Context, actor access.Actor, id ID) error {
	return s.act(ctx, actor, id, func(ctx context.Context, r Run, d Detail) error {
		if !d.Can("decline", actor.Org) {
			return notNow(r.State)
		}
		return s.close(ctx, actor, r, Declined, DidDecline)
	})
}

// Consent agrees to the next step. When both did, the program makes it. Safe to repeat.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict (there is no such step now, or the
// partnership is not active any more).
func (s *Service) Consent(ctx context.Context, actor access.Actor, id ID, step int) error {
	return s.act(ctx, actor, id, func(ctx context.Context, r Run, d Detail) error {
		if d.Mine.Consent >= step && step > StepSize {
			return nil // said before
		}
		if !d.Can("consent", actor.Org) || step != r.Stage+1 {
			return notNow(r.State)
		}
		if err := partners(ctx, r); err != nil {
			return err
		}
		if _, err := raiseConsent(ctx, id, actor.Org, step); err != nil {
			return err
		}
		if err := note(ctx, actor, r, DidConsent, step); err != nil {
			return err
		}
		was := r
		if r.Way == File || d.Theirs.Consent >= step {
			r.State = Working
			if r.Way == Here {
				r.Expires = db.FromMicros(0)
			} else {
				r.Expires = until(ctx)
			}
		}
		if err := saveRun(ctx, was, r); err != nil {
			return err
		}
		if err := s.publish(ctx, actor, EventConsented, r, step); err != nil {
			return err
		}
		return s.wake(ctx)
	})
}

// Cancel stops a run of which nothing was told yet.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict.
func (s *Service) Cancel(ctx context.Context, actor access.Actor, id ID) error {
	return s.act(ctx, actor, id, func(ctx context.Context, r Run, d Detail) error {
		if !d.Can("cancel", actor.Org) {
			return notNow(r.State)
		}
		return s.close(ctx, actor, r, Cancelled, DidCancel)
	})
}

// End stops a run at the step it reached; what was told stays told.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict.
func (s *Service) End(ctx context.Context, actor access.Actor, id ID) error {
	return s.act(ctx, actor, id, func(ctx context.Context, r Run, d Detail) error {
		if !d.Can("end", actor.Org) {
			return notNow(r.State)
		}
		return s.close(ctx, actor, r, Ended, DidEnd)
	})
}

// Erase destroys the secrets and files of a run with another server that is over, before
// their time.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict.
func (s *Service) Erase(ctx context.Context, actor access.Actor, id ID) error {
	return s.act(ctx, actor, id, func(ctx context.Context, r Run, d Detail) error {
		if !d.Can("erase", actor.Org) {
			return notNow(r.State)
		}
		if err := setSide(ctx, id, actor.Org, map[string]any{"secret": []byte{}}); err != nil {
			return err
		}
		if err := touch(ctx, id, true); err != nil {
			return err
		}
		if err := audited(ctx, actor, r, DidErase); err != nil {
			return err
		}
		return s.wake(ctx)
	})
}

// readable says that a name has no sign that does not belong into a line.
func readable(s string) bool {
	if len(s) > 200 {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool { return r < 32 || r == 127 || r == '\u2028' || r == '\u2029' || r == '\ufffd' }) < 0
}
