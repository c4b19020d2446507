package app

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"strings"

	"entente/edi/format"
	"entente/edi/schema"
	"entente/edi/translate"
	"entente/edi/tree"
	"entente/edi/wire"
)

func ediJSON(e *env, args []string) (int, error) {
	fs := e.flags("edi json")
	rest, err := e.parse(fs, "FILE|-", args)
	if err != nil {
		return exitUsage, err
	}
	in, err := e.open(rest)
	if err != nil {
		return exitUsage, err
	}
	defer in.Close()
	if err := tree.ToJSON(e.out, in, wire.Limits{}); err != nil {
		return exitUsage, unreadable(printer("en"), err)
	}
	return exitOK, nil
}

func ediWrite(e *env, args []string) (int, error) {
	fs := e.flags("edi write")
	rest, err := e.parse(fs, "FILE|-", args)
	if err != nil {
		return exitUsage, err
	}
	in, err := e.open(rest)
	if err != nil {
		return exitUsage, err
	}
	defer in.Close()
	if err := tree.FromJSON(e.out, in, wire.Limits{}); err != nil {
		return exitUsage, misuse("%v", err)
	}
	return exitOK, nil
}

func ediDoc(e *env, args []string) (int, error) {
	fs := e.flags("edi doc")
	profileFile := fs.String("profile", "", "a partner's codes and cross references, to read by")
	var f formatFlags
	fs.StringVar(&f.from, "from", "edi", "format of the file: edi, "+strings.Join(format.Names(), ", "))
	f.csvFlags(fs.StringVar)
	rest, err := e.parse(fs, "[--profile FILE] [--from FORMAT] FILE|-", args)
	if err != nil {
		return exitUsage, err
	}
	profile, err := profileOf(*profileFile)
	if err != nil {
		return exitUsage, err
	}
	in, err := e.open(rest)
	if err != nil {
		return exitUsage, err
	}
	defer in.Close()
	if f.from != "edi" {
		return docsFrom(e, in, f, profile)
	}
	w := bufio.NewWriter(e.out)
	v := &documents{enc: json.NewEncoder(w), profile: profile}
	v.enc.SetEscapeHTML(false)
	err = schema.Read(in, schema.Options{}, v)
	if ferr := w.Flush(); ferr != nil && err == nil {
		return exitUsage, ferr
	}
	if w := (*wire.Error)(nil); errors.As(err, &w) && w.Key == "interchange.unfinished" {
		return exitFailed, nil
	}
	if err != nil {
		return exitUsage, unreadable(printer("en"), err)
	}
	if v.rejected {
		return exitFailed, nil
	}
	return exitOK, nil
}

// profileOf reads a partner's profile; none for no name.
func profileOf(name string) (*translate.Profile, error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, misuse("%v", err)
	}
	defer f.Close()
	p, err := translate.ReadProfile(f)
	if err != nil {
		return nil, misuse("%s: %v", name, err)
	}
	return p, nil
}

// documents prints the document of every set that is not rejected.
type documents struct {
	enc      *json.Encoder
	profile  *translate.Profile
	ic       schema.Interchange
	rejected bool
}

// documentLine is one line of "entente edi doc".
type documentLine struct {
	Version     int                `json:"version"` // of the form of document
	Type        string             `json:"type"`
	Control     string             `json:"control"`
	Interchange string             `json:"interchange"`
	Sender      string             `json:"sender"`
	Receiver    string             `json:"receiver"`
	Test        bool               `json:"test"`
	Result      wire.Verdict       `json:"result"`
	Document    translate.Document `json:"document"`
	Findings    []wire.Finding     `json:"findings,omitempty"`
}

func (v *documents) Interchange(i *schema.Interchange) error { v.ic = *i; return nil }
func (v *documents) Group(*schema.Group) error               { return nil }

func (v *documents) Set(s *schema.Set) error {
	if s.Verdict == wire.Rejected {
		v.rejected = true
		return nil
	}
	d, findings := translate.Read(s)
	if d == nil {
		return nil
	}
	v.profile.In(d)
	h := v.ic.Header
	return v.enc.Encode(documentLine{
		format.Version, s.Type, s.Control, h.Control, h.SenderQualifier + ":" + h.Sender, h.ReceiverQualifier + ":" + h.Receiver,
		h.Usage == "T", s.Verdict, d, findings,
	})
}

func (v *documents) GroupEnd(g *schema.Group) error {
	v.rejected = v.rejected || g.Verdict == wire.Rejected
	return nil
}

func (v *documents) InterchangeEnd(i *schema.Interchange) error {
	v.rejected = v.rejected || i.Verdict == wire.Rejected
	return nil
}
