package room

import (
	"archive/zip"
	"context"
	"encoding/json"
	"io"
	"os"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// archiveHead is room.json of an archive.
type archiveHead struct {
	Room      ID            `json:"room"`
	Subject   Subject       `json:"subject"`
	Title     string        `json:"title"`
	For       string        `json:"for"` // slug of the company that takes it
	Companies []string      `json:"companies"`
	People    []archiveFace `json:"people"`
	At        string        `json:"at"`
}

type archiveFace struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Org  string `json:"org"`
}

// WriteExport writes an export to a file as a ZIP archive: room.json, messages.jsonl with one
// Exported a line, and the files beside. An error leaves the file broken: it is sent on only
// when it is whole.
// Codes: NotFound, Forbidden, Unavailable (no space).
func (s *Service) WriteExport(ctx context.Context, actor access.Actor, id ID, to *os.File) error {
	lines, err := os.CreateTemp("", "room-lines-")
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	defer func() {
		_ = lines.Close()
		_ = os.Remove(lines.Name())
	}()
	z, enc := zip.NewWriter(to), json.NewEncoder(lines)
	r, err := s.Export(ctx, actor, id, func(page []Exported) error {
		for _, l := range page {
			if err := enc.Encode(l); err != nil {
				return err
			}
		}
		return nil
	}, func(x ExportedFile, body io.Reader) error {
		w, err := z.Create(x.Path)
		if err == nil {
			_, err = io.Copy(w, body)
		}
		return err
	})
	if err != nil {
		return err
	}
	people, err := s.People(ctx, actor, id)
	if fault.IsNotFound(err) { // left, and held
		err = nil
	}
	if err != nil {
		return err
	}
	companies, err := s.people.Companies(ctx, append([]string{actor.Org}, r.Orgs...))
	if err != nil {
		return err
	}
	head := archiveHead{Room: r.ID, Subject: r.Subject, Title: r.Title, For: companies[actor.Org].Slug, At: db.Now(ctx).UTC().Format("2006-01-02T15:04:05Z")}
	for _, o := range r.Orgs {
		head.Companies = append(head.Companies, companies[o].Slug)
	}
	for _, p := range people {
		head.People = append(head.People, archiveFace{p.ID, p.Name, companies[p.Org].Slug})
	}
	raw, err := json.MarshalIndent(head, "", "  ")
	if err != nil {
		return fault.Wrap(err, fault.Internal, "error.internal")
	}
	w, err := z.Create("room.json")
	if err == nil {
		_, err = w.Write(raw)
	}
	if err == nil {
		w, err = z.Create("messages.jsonl")
	}
	if err == nil {
		_, err = lines.Seek(0, io.SeekStart)
	}
	if err == nil {
		_, err = io.Copy(w, lines)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	return nil
}

func exportedTask(t Task) ExportedTask {
	out := ExportedTask{Owner: t.Owner, Due: t.Due, By: t.By, Made: t.Made}
	switch {
	case !t.until.IsZero():
		out.Until = &t.until
	case !t.Open():
		out.Done, out.DoneBy = &t.Done, &t.DoneBy
	}
	return out
}

func exportedFiles(files []File) []ExportedFile {
	var out []ExportedFile
	for _, f := range files {
		out = append(out, ExportedFile{f.ID, f.Name, f.Type, f.Size, f.Hash, "files/" + string(f.ID) + "-" + f.Name})
	}
	return out
}
