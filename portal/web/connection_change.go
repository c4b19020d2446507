package web

import (
	"errors"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"entente/edi/courier"
	"entente/portal/view"
	"entente/prm/account"
	"entente/prm/fault"
)

// refusedForm shows the page again with what is wrong with one form.
func (v *visit) refusedForm(err error, in *input, put func(*linkForms, *view.Form)) error {
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	status := 422
	if fault.CodeOf(err) == fault.Conflict {
		status = 409
	}
	form := in.form(errs, note)
	var f linkForms
	put(&f, &form)
	return v.connectionPage(status, f)
}

// linkDone goes back to the page of the partnership.
func (v *visit) linkDone(key string) error {
	return v.done(v.path("edi", "connections", v.Params("id")), key)
}

// mayLink refuses an address whose partnership the actor may not see, before anything
// of its own company is changed under it.
func (v *visit) mayLink() error {
	_, err := v.w.d.Courier.Terms(v.ctx, v.actor(), v.Params("id"))
	return err
}

// stationSave says where the company's own AS2 server takes messages.
func stationSave(v *visit) error {
	if err := v.mayLink(); err != nil {
		return err
	}
	in := v.input()
	_, err := v.w.d.Courier.SetStation(v.ctx, v.actor(), in.text("url"), strings.FieldsFunc(in.text("receipt_hosts"), func(r rune) bool { return strings.ContainsRune(" ,;\r\n\t", r) }))
	if err != nil {
		return v.refusedForm(err, in, func(f *linkForms, form *view.Form) { f.address = form })
	}
	return v.linkDone("said.saved")
}

// certificateAdd adds a certificate from a file or pasted text, or makes one.
func certificateAdd(v *visit) error {
	if err := v.mayLink(); err != nil {
		return err
	}
	in := v.input()
	cmd := courier.CertificateFile{Purpose: courier.Purpose(in.text("purpose")), UseFrom: v.dayBegins(in, "use_from")}
	generate := in.text("generate") != ""
	if generate {
		cmd.Generate = in.text("generate")
	} else {
		cmd.File, cmd.Password, cmd.Private = v.file("file"), in.values["password"], in.text("private") != ""
		if len(cmd.File) == 0 {
			cmd.File = []byte(in.text("certificate"))
		}
		if len(cmd.File) == 0 {
			in.wrong.With("certificate", "courier.certificate_missing")
		}
	}
	err := in.err()
	if err == nil {
		_, err = v.w.d.Courier.AddFile(v.ctx, v.actor(), cmd)
	}
	if err == nil {
		return v.linkDone("said.certificate_added")
	}
	err = fieldNamed(err, "key", "certificate")
	if cmd.Private || strings.Contains(in.values["certificate"], "PRIVATE KEY") {
		delete(in.values, "certificate") // a key is not sent back to the page
	}
	return v.refusedForm(err, in, func(f *linkForms, form *view.Form) {
		f.private = cmd.Private
		if generate {
			f.generate = form
		} else {
			f.upload = form
		}
	})
}

// dayBegins reads a civil date of the reader's zone as an instant; zero when empty.
func (v *visit) dayBegins(in *input, name string) time.Time {
	d := in.date(name)
	if d == "" {
		return time.Time{}
	}
	t, err := time.ParseInLocation(time.DateOnly, d, v.p.Zone())
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// certificateRetire takes a certificate out of use.
func certificateRetire(v *visit) error {
	if err := v.mayLink(); err != nil {
		return err
	}
	if err := v.w.d.Courier.RetireCertificate(v.ctx, v.actor(), v.Params("certificate")); err != nil {
		return err
	}
	return v.linkDone("said.certificate_retired")
}

// certificateFile sends a certificate of either side as PEM, never a key.
func certificateFile(v *visit) error {
	l, err := v.link(v.Params("id"))
	if err != nil {
		return err
	}
	for _, s := range []side{l.ours, l.theirs} {
		for _, c := range s.certs {
			if c.ID == v.Params("certificate") {
				name, _ := s.named(account.AS2)
				v.Set(fiber.HeaderContentType, "application/x-pem-file")
				v.Set(fiber.HeaderContentDisposition, `attachment; filename="`+fileName(or(name.Value, "certificate"))+`.pem"`)
				return v.SendString(c.PEM())
			}
		}
	}
	return fault.New(fault.NotFound, "error.not_found")
}

// fileName keeps of a name what every file system takes.
func fileName(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.' {
			return r
		}
		return '_'
	}, s)
}

// termsSave changes what is asked of messages to the company.
func termsSave(v *visit) error {
	in := v.input()
	l, err := v.link(v.Params("id"))
	if err != nil {
		return err
	}
	var t courier.Terms
	for _, w := range termWords {
		*w.at(&t) = in.text(w.name)
	}
	for _, w := range termTicks {
		*w.at(&t) = in.text(w.name) != ""
	}
	if _, err = v.w.d.Courier.SetTerms(v.ctx, v.actor(), l.p.ID, l.other, in.version(), t); err != nil {
		return v.refusedForm(err, in, func(f *linkForms, form *view.Form) { f.terms = form })
	}
	return v.linkDone("said.saved")
}

// fieldNamed points a service's refusal of one field at the form's field.
func fieldNamed(err error, from, to string) error {
	var f *fault.Error
	if !errors.As(err, &f) {
		return err
	}
	out := *f
	out.Fields = nil
	for _, x := range f.Fields {
		if x.Name == from {
			x.Name = to
		}
		out.Fields = append(out.Fields, x)
	}
	return &out
}
