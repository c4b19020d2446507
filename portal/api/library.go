package api

import (
	"bytes"
	"context"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"entente/chat/forum"
	"entente/chat/library"
	"entente/prm/access"
	"entente/prm/fault"
)

type documentFile struct {
	Name string `json:"name"`
	Type string `json:"type" doc:"by its content"`
	Size int64  `json:"size"`
	Href string `json:"href"`
}

type documentOut struct {
	ID        string       `json:"id"`
	Owner     string       `json:"owner" doc:"slug of who publishes it"`
	Title     string       `json:"title"`
	About     string       `json:"about,omitempty"`
	Kind      string       `json:"kind"`
	Language  string       `json:"language,omitempty"`
	ValidFrom string       `json:"valid_from,omitempty"`
	Expires   string       `json:"expires,omitempty"`
	Version   int          `json:"version"`
	Note      string       `json:"note,omitempty" doc:"what the version changes"`
	File      documentFile `json:"file"`
	Changed   time.Time    `json:"changed"`
	Mark      string       `json:"mark,omitempty" doc:"new or changed: you have not opened this version"`
	Confirm   bool         `json:"confirm" doc:"readers are asked to confirm"`
	Confirmed *time.Time   `json:"confirmed,omitempty" doc:"by you, of this version"`
	State     string       `json:"state,omitempty" doc:"for its owner: scheduled, current, expired, withdrawn"`
	Audience  *audience    `json:"audience,omitempty" doc:"for its owner"`
}

// audience is to whom a document goes.
type audience struct {
	Everyone  bool     `json:"everyone,omitempty" doc:"all partners, or those of the tiers and countries"`
	Tiers     []string `json:"tiers,omitempty" maxItems:"100"`
	Countries []string `json:"countries,omitempty" maxItems:"300"`
	Partners  []string `json:"partners,omitempty" maxItems:"1000" doc:"slugs, in any case"`
}

type versionOut struct {
	Number int          `json:"number"`
	Note   string       `json:"note,omitempty"`
	File   documentFile `json:"file"`
	At     time.Time    `json:"at"`
}

type readerOut struct {
	Company   string       `json:"company" doc:"slug"`
	Addressed bool         `json:"addressed" doc:"false: no more"`
	Confirmed bool         `json:"confirmed" doc:"by somebody of it"`
	People    []readingOut `json:"people"`
}

type readingOut struct {
	Person    string     `json:"person"`
	Seen      time.Time  `json:"seen"`
	Fetched   *time.Time `json:"fetched,omitempty"`
	Fetches   int        `json:"fetches"`
	Confirmed *time.Time `json:"confirmed,omitempty"`
}

const libraryBase = "/api/v1/library"

// document is a document with the slugs of the companies in it.
func (a *API) document(d library.Document, n forumNames) documentOut {
	out := documentOut{ID: string(d.ID), Owner: n.slugs[d.Owner], Title: d.Title, About: d.About, Kind: d.Kind, Language: d.Language, ValidFrom: d.ValidFrom, Expires: d.Expires, Version: d.Version, Note: d.Note,
		File: documentFile{d.File.Name, d.File.Type, d.File.Size, libraryBase + "/" + string(d.ID) + "/file"}, Changed: d.Changed, Mark: d.Mark, Confirm: d.Confirm, Confirmed: moment(d.Confirmed), State: string(d.State)}
	if d.State != "" {
		out.Audience = &audience{Everyone: d.Audience.Everyone, Tiers: d.Audience.Tiers, Countries: d.Audience.Countries}
		for _, o := range d.Audience.Orgs {
			out.Audience.Partners = append(out.Audience.Partners, n.slugs[o])
		}
	}
	return out
}

func (a *API) library() {
	type filter struct {
		Paging
		Q        string `query:"q" doc:"every word must occur; two Chinese characters are a word"`
		Own      bool   `query:"own" doc:"those of your company instead of those of partners"`
		Owner    string `query:"owner" doc:"slug"`
		Kind     string `query:"kind" enum:"manual,datasheet,brochure,prices,terms,training,form,other"`
		Language string `query:"language"`
		Fresh    bool   `query:"fresh" doc:"what you have not opened"`
		Asked    bool   `query:"asked" doc:"what you are asked to confirm and have not"`
	}
	handle(a, op("GET", libraryBase, "library:read", "List documents", "Latest change first.", 200),
		func(ctx context.Context, actor access.Actor, in *filter) (*reply[list[documentOut]], error) {
			f := library.Filter{Own: in.Own, Kind: in.Kind, Language: in.Language, Query: in.Q, Fresh: in.Fresh, Asked: in.Asked, After: in.After, Limit: min(in.Limit, 100)}
			if in.Owner != "" {
				var err error
				if f.Owner, err = a.partnerSlug(ctx, in.Owner); err != nil {
					return nil, err
				}
			}
			all, next, err := a.d.Library.List(ctx, actor, f)
			if err != nil {
				return nil, err
			}
			var orgs []string
			for _, d := range all {
				orgs = append(append(orgs, d.Owner), d.Audience.Orgs...)
			}
			n, err := a.forumNames(ctx, orgs, nil)
			if err != nil {
				return nil, err
			}
			items := make([]documentOut, len(all))
			for i, d := range all {
				items[i] = a.document(d, n)
			}
			return page(items, next), nil
		})
	show := func(ctx context.Context, actor access.Actor, id library.ID) (*reply[documentOut], error) {
		d, err := a.d.Library.Read(ctx, actor, id)
		if err != nil {
			return nil, err
		}
		n, err := a.forumNames(ctx, append(d.Audience.Orgs, d.Owner), nil)
		if err != nil {
			return nil, err
		}
		return &reply[documentOut]{a.document(d, n)}, nil
	}
	handle(a, op("GET", libraryBase+"/{id}", "library:read", "Get a document", "Its owner's register notes that you opened it.", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[documentOut], error) {
			return show(ctx, actor, library.ID(in.ID))
		})
	file := func(path, title, text string) huma.Operation {
		get := op("GET", libraryBase+path, "library:read", title, text, 200)
		get.Responses = map[string]*huma.Response{"200": {Description: "The file", Content: bytesOf("application/octet-stream")}}
		return get
	}
	take := func(ctx context.Context, actor access.Actor, id string, number int) (*huma.StreamResponse, error) {
		f, body, err := a.d.Library.Open(ctx, actor, library.ID(id), number)
		if err != nil {
			return nil, err
		}
		return fileStream(f.Name, f.Size, body)
	}
	handle(a, file("/{id}/file", "Get the file of a document", "Its present version, always as a download. Its owner's register notes it."),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*huma.StreamResponse, error) {
			return take(ctx, actor, in.ID, 0)
		})
	handle(a, file("/{id}/versions/{number}/file", "Get the file of a version", "Earlier versions are for their owner."),
		func(ctx context.Context, actor access.Actor, in *documentVersionPath) (*huma.StreamResponse, error) {
			return take(ctx, actor, in.ID, in.Number)
		})
	type publish struct {
		Name      string   `query:"name" required:"true" minLength:"1" maxLength:"400" doc:"of the file"`
		Title     string   `query:"title" required:"true" minLength:"1" maxLength:"160"`
		About     string   `query:"about" maxLength:"2000"`
		Kind      string   `query:"kind" required:"true" enum:"manual,datasheet,brochure,prices,terms,training,form,other"`
		Language  string   `query:"language"`
		ValidFrom string   `query:"valid_from" doc:"YYYY-MM-DD; empty: at once"`
		Expires   string   `query:"expires" doc:"YYYY-MM-DD"`
		Confirm   bool     `query:"confirm"`
		Everyone  bool     `query:"everyone" doc:"all partners, or those of the tiers and countries"`
		Tiers     []string `query:"tiers" doc:"separated by commas"`
		Countries []string `query:"countries" doc:"separated by commas"`
		Partners  []string `query:"partners" doc:"slugs, separated by commas; in any case"`
		Key       string   `query:"key" required:"true" minLength:"1" maxLength:"64" doc:"made by you; the same key is one document"`
		RawBody   []byte
	}
	publishing := op("POST", libraryBase, "library:write", "Publish a document", "The body is the file, up to 1 MiB; larger ones go by the page. It is judged by its content. Your partners are told when it is valid.", 201)
	publishing.MaxBodyBytes = 1 << 20
	handle(a, publishing, func(ctx context.Context, actor access.Actor, in *publish) (*reply[documentOut], error) {
		to, err := a.addressed(ctx, audience{in.Everyone, in.Tiers, in.Countries, in.Partners})
		if err != nil {
			return nil, err
		}
		id, err := a.d.Library.Publish(ctx, actor, library.Cmd{Title: in.Title, About: in.About, Kind: in.Kind, Language: in.Language, ValidFrom: in.ValidFrom, Expires: in.Expires, Confirm: in.Confirm, Audience: to, Key: in.Key}, in.Name, bytes.NewReader(in.RawBody))
		if err != nil {
			return nil, err
		}
		return show(ctx, actor, id)
	})
	type change struct {
		IDPath
		Body struct {
			Title     string   `json:"title" minLength:"1" maxLength:"160"`
			About     string   `json:"about,omitempty" maxLength:"2000"`
			Kind      string   `json:"kind" enum:"manual,datasheet,brochure,prices,terms,training,form,other"`
			Language  string   `json:"language,omitempty"`
			ValidFrom string   `json:"valid_from,omitempty"`
			Expires   string   `json:"expires,omitempty"`
			Confirm   bool     `json:"confirm,omitempty"`
			Audience  audience `json:"audience"`
		}
	}
	handle(a, op("PUT", libraryBase+"/{id}", "library:write", "Change a document", "All of it but its file. Who is addressed now and was not before is told.", 200),
		func(ctx context.Context, actor access.Actor, in *change) (*reply[documentOut], error) {
			to, err := a.addressed(ctx, in.Body.Audience)
			if err != nil {
				return nil, err
			}
			b := in.Body
			if err := a.d.Library.Change(ctx, actor, library.ID(in.ID), library.Cmd{Title: b.Title, About: b.About, Kind: b.Kind, Language: b.Language, ValidFrom: b.ValidFrom, Expires: b.Expires, Confirm: b.Confirm, Audience: to}); err != nil {
				return nil, err
			}
			return show(ctx, actor, library.ID(in.ID))
		})
	type renew struct {
		IDPath
		Name    string `query:"name" required:"true" minLength:"1" maxLength:"400"`
		Note    string `query:"note" maxLength:"500" doc:"what the version changes"`
		RawBody []byte
	}
	renewing := op("POST", libraryBase+"/{id}/versions", "library:write", "Put a new version in place", "The body is the file, up to 1 MiB. The same file again is no new version.", 201)
	renewing.MaxBodyBytes = 1 << 20
	handle(a, renewing, func(ctx context.Context, actor access.Actor, in *renew) (*reply[documentOut], error) {
		if _, err := a.d.Library.Renew(ctx, actor, library.ID(in.ID), in.Note, in.Name, bytes.NewReader(in.RawBody)); err != nil {
			return nil, err
		}
		return show(ctx, actor, library.ID(in.ID))
	})
	handle(a, op("GET", libraryBase+"/{id}/versions", "library:read", "List versions of a document", "Of your company's, the latest first.", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[list[versionOut]], error) {
			all, err := a.d.Library.Versions(ctx, actor, library.ID(in.ID))
			items := make([]versionOut, len(all))
			for i, x := range all {
				items[i] = versionOut{x.Number, x.Note, documentFile{x.File.Name, x.File.Type, x.File.Size, libraryBase + "/" + in.ID + "/versions/" + strconv.Itoa(x.Number) + "/file"}, x.Made}
			}
			return page(items, ""), err
		})
	type registerIn struct {
		IDPath
		Version int `query:"version" minimum:"0" doc:"0: the present one"`
	}
	handle(a, op("GET", libraryBase+"/{id}/readers", "library:read", "List who read a version", "For its owner: every company that is addressed, with its people who opened, took or confirmed it.", 200),
		func(ctx context.Context, actor access.Actor, in *registerIn) (*reply[list[readerOut]], error) {
			all, err := a.d.Library.Register(ctx, actor, library.ID(in.ID), in.Version)
			if err != nil {
				return nil, err
			}
			var orgs, people []string
			for _, r := range all {
				orgs = append(orgs, r.Org)
				for _, x := range r.Readings {
					people = append(people, x.Person)
				}
			}
			n, err := a.forumNames(ctx, orgs, people)
			if err != nil {
				return nil, err
			}
			items := make([]readerOut, len(all))
			for i, r := range all {
				items[i] = readerOut{Company: n.slugs[r.Org], Addressed: r.Addressed, Confirmed: r.Confirmed, People: []readingOut{}}
				for _, x := range r.Readings {
					items[i].People = append(items[i].People, readingOut{n.people[x.Person], x.Seen, moment(x.Fetched), x.Fetches, moment(x.Confirmed)})
				}
			}
			return page(items, ""), nil
		})
	type deed struct {
		IDPath
		Body struct {
			Version int   `json:"version,omitempty" doc:"of confirm: the version you have read"`
			On      *bool `json:"on,omitempty" doc:"of withdraw; false publishes it again, default true"`
		}
	}
	for _, d := range []struct {
		path, title, text string
		do                func(ctx context.Context, actor access.Actor, id library.ID, in *deed) error
	}{
		{"confirm", "Confirm a document", "That you have read a version. 409 library.newer where it is not the present one.", func(ctx context.Context, actor access.Actor, id library.ID, in *deed) error {
			return a.d.Library.Confirm(ctx, actor, id, in.Body.Version)
		}},
		{"withdraw", "Withdraw a document", "Nobody but your company finds it then.", func(ctx context.Context, actor access.Actor, id library.ID, in *deed) error {
			return a.d.Library.Withdraw(ctx, actor, id, in.Body.On == nil || *in.Body.On)
		}},
		{"remind", "Remind who has not confirmed", "Once in a day.", func(ctx context.Context, actor access.Actor, id library.ID, _ *deed) error {
			return a.d.Library.Remind(ctx, actor, id)
		}},
	} {
		handle(a, op("POST", libraryBase+"/{id}/"+d.path, "library:write", d.title, d.text, 204), func(ctx context.Context, actor access.Actor, in *deed) (*struct{}, error) {
			return nil, d.do(ctx, actor, library.ID(in.ID), in)
		})
	}
}

type documentVersionPath struct {
	IDPath
	Number int `path:"number" minimum:"1"`
}

// addressed are the companies behind slugs; one that does not exist is refused by the
// service as one you do not work with.
func (a *API) addressed(ctx context.Context, in audience) (library.Audience, error) {
	out := library.Audience{Everyone: in.Everyone, Tiers: in.Tiers, Countries: in.Countries}
	if len(in.Partners) > 1000 {
		return out, fault.InvalidField("partners", "form.too_many", "most", 1000)
	}
	for _, slug := range in.Partners {
		org, err := a.partnerSlug(ctx, slug)
		if err != nil {
			return out, err
		}
		out.Orgs = append(out.Orgs, org)
	}
	return out, nil
}

// topicMoves is the operation that says where a topic may be moved.
func (a *API) topicMoves(base string) {
	type topicMove struct {
		Category string   `json:"category"`
		Name     string   `json:"name"`
		Possible bool     `json:"possible"`
		Bar      string   `json:"bar,omitempty" doc:"why not: readers (companies would read it newly), tiers (so would whoever gets a tier), names (it names people who were nobody)"`
		Gains    []string `json:"gains" doc:"slugs of companies that would read it newly"`
		Loses    []string `json:"loses" doc:"slugs of companies that would read it no more; those of their people who take part in it are told"`
	}
	handle(a, op("GET", base+"/{id}/moves", "forum:write", "Where a topic can be moved", "The other categories of its owner, for moderators of the owner.", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[list[topicMove]], error) {
			all, err := a.d.Forum.Moves(ctx, actor, forum.TopicID(in.ID))
			if err != nil {
				return nil, err
			}
			var orgs []string
			for _, m := range all {
				orgs = append(append(orgs, m.Gains...), m.Loses...)
			}
			n, err := a.forumNames(ctx, orgs, nil)
			slugs := func(ids []string) []string {
				out := make([]string, len(ids))
				for i, id := range ids {
					out[i] = n.slugs[id]
				}
				return out
			}
			items := make([]topicMove, len(all))
			for i, m := range all {
				items[i] = topicMove{string(m.Category.ID), m.Category.Name, m.Bar == "", string(m.Bar), slugs(m.Gains), slugs(m.Loses)}
			}
			return &reply[list[topicMove]]{page(items, "").Body}, err
		})
}
