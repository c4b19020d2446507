package api

import (
	"context"
	"strings"
	"time"

	"entente/portal/locale"
	"entente/portal/push"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/notify"
)

type noticeGroupOut struct {
	ID      string      `json:"id" doc:"of the newest notice: what the actions are for"`
	Subject *subject    `json:"subject,omitempty"`
	N       int         `json:"n"`
	Unread  int         `json:"unread"`
	Urgent  bool        `json:"urgent"`
	Muted   bool        `json:"muted" doc:"only what is urgent still comes"`
	Until   *time.Time  `json:"until,omitempty" doc:"put off until then"`
	Notices []noticeOut `json:"notices" doc:"the newest five"`
}

type noticeOut struct {
	ID     string            `json:"id"`
	Kind   string            `json:"kind"`
	Reason string            `json:"reason,omitempty" doc:"why you are told: role.<role>, cover, admin, named, watch, asked, yours"`
	Text   string            `json:"text"`
	Args   map[string]string `json:"args"`
	Urgent bool              `json:"urgent"`
	Unread bool              `json:"unread"`
	At     time.Time         `json:"at"`
	Path   string            `json:"path,omitempty" doc:"page below /c/{slug}/"`
}

type noticeSettings struct {
	Mail      string              `json:"mail" enum:"urgent,all,daily,never"`
	QuietFrom string              `json:"quiet_from" doc:"time of day in your zone, 15:04, from which neither mails nor your devices tell anything; empty: no quiet hours"`
	QuietTo   string              `json:"quiet_to"`
	Off       map[string][]string `json:"off" doc:"topic to the ways, inbox, mail and push (your devices), by which it does not come"`
}

func wireNotice(p *locale.Printer, n notify.Notice) noticeOut {
	args := []any{}
	for k, v := range n.Args {
		args = append(args, k, v)
	}
	return noticeOut{ID: n.ID, Kind: n.Kind, Reason: n.Reason, Text: p.T("notice."+n.Kind, args...), Args: n.Args, Urgent: n.Urgent, Unread: n.Seen.IsZero(), At: n.At, Path: view.SubjectPath(n.SubjectKind, n.SubjectID)}
}

// notices are the person's own in the token's company.
func (a *API) notices() {
	const base = "/api/v1/notices"
	type find struct {
		Pile  string `query:"pile" enum:"open,snoozed,done" default:"open"`
		After string `query:"after"`
		Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}
	handle(a, op("GET", base, "notices:read", "List what you are told", "By object, the newest first.", 200),
		func(ctx context.Context, actor access.Actor, in *find) (*reply[list[noticeGroupOut]], error) {
			got, next, err := a.d.Notify.Groups(ctx, actor, notify.Pile(in.Pile), notify.Filter{After: in.After, Limit: in.Limit})
			if err != nil {
				return nil, err
			}
			p := locale.New(locale.English, time.UTC, time.Now())
			items := make([]noticeGroupOut, len(got))
			for i, g := range got {
				head := g.Notices[0]
				items[i] = noticeGroupOut{ID: head.ID, N: g.N, Unread: g.Unread, Urgent: g.Urgent, Muted: g.Muted}
				if head.SubjectKind != "" {
					items[i].Subject = &subject{head.SubjectKind, head.SubjectID}
				}
				if !g.Until.IsZero() {
					items[i].Until = &g.Until
				}
				for _, n := range g.Notices {
					items[i].Notices = append(items[i].Notices, wireNotice(p, n))
				}
			}
			return page(items, next), nil
		})
	for _, d := range []struct {
		name, title, words string
		do                 func(*notify.Service, context.Context, access.Actor, string) error
	}{
		{"read", "Mark a notice as read", "", (*notify.Service).MarkOne},
		{"done", "Be done with what you were told about an object", "Up to this notice; what comes later stays open.", (*notify.Service).Finish},
		{"reopen", "Take back what was done with or put off", "", (*notify.Service).Reopen},
	} {
		handle(a, op("POST", base+"/{id}/"+d.name, "notices:write", d.title, strings.TrimSpace(d.words+" Safe to repeat."), 204),
			func(ctx context.Context, actor access.Actor, in *IDPath) (*struct{}, error) {
				return nil, d.do(a.d.Notify, ctx, actor, in.ID)
			})
	}
	type snooze struct {
		IDPath
		Body struct {
			Until time.Time `json:"until" doc:"at most 90 days from now"`
		}
	}
	handle(a, op("POST", base+"/{id}/snooze", "notices:write", "Put off what you are told about an object", "Until then it counts nowhere and is not mailed.", 204),
		func(ctx context.Context, actor access.Actor, in *snooze) (*struct{}, error) {
			return nil, a.d.Notify.Snooze(ctx, actor, in.ID, in.Body.Until)
		})
	type mute struct {
		IDPath
		Body struct {
			On *bool `json:"on,omitempty" doc:"false: be told again; default true"`
		}
	}
	handle(a, op("POST", base+"/{id}/mute", "notices:write", "Be told no more about an object", "What is urgent still comes.", 204),
		func(ctx context.Context, actor access.Actor, in *mute) (*struct{}, error) {
			return nil, a.d.Notify.Mute(ctx, actor, in.ID, in.Body.On == nil || *in.Body.On)
		})
	const set = "/api/v1/notice-settings"
	type none struct{}
	handle(a, op("GET", set, "notices:read", "What you are told by which way", "", 200),
		func(ctx context.Context, actor access.Actor, _ *none) (*reply[noticeSettings], error) {
			got, err := a.d.Notify.Settings(ctx, actor)
			if err != nil {
				return nil, err
			}
			out := noticeSettings{Mail: string(got.Mode), Off: got.Off}
			if got.Quiet.From != got.Quiet.To {
				out.QuietFrom, out.QuietTo = notify.Clock(got.Quiet.From), notify.Clock(got.Quiet.To)
			}
			return &reply[noticeSettings]{out}, nil
		})
	type save struct{ Body noticeSettings }
	handle(a, op("PUT", set, "notices:write", "Choose what you are told by which way", "", 200),
		func(ctx context.Context, actor access.Actor, in *save) (*reply[noticeSettings], error) {
			want := notify.Settings{Mode: notify.Mode(in.Body.Mail), Off: in.Body.Off}
			var err error
			if want.Quiet, err = notify.ParseQuiet(in.Body.QuietFrom, in.Body.QuietTo); err != nil {
				return nil, err
			}
			people, err := a.d.Accounts.Directory().PersonsByID(ctx, actor.Person)
			if err != nil {
				return nil, err
			}
			zone, err := time.LoadLocation(people[actor.Person].Zone)
			if err != nil {
				zone = time.UTC
			}
			if err := a.d.Notify.SaveSettings(ctx, actor, want, zone); err != nil {
				return nil, err
			}
			return &reply[noticeSettings]{in.Body}, nil
		})
	a.devices()
}

// devices are the browsers that are told what the inbox tells.
func (a *API) devices() {
	const base = "/api/v1/push-devices"
	type device struct {
		ID    string    `json:"id"`
		Agent string    `json:"agent" doc:"what the browser says of itself"`
		At    time.Time `json:"at"`
	}
	type devices struct {
		Key   string   `json:"key" doc:"the server's public key (RFC 8292), base64url: applicationServerKey"`
		Items []device `json:"items"`
	}
	type nothing struct{}
	handle(a, op("GET", base, "notices:read", "List your devices", "Those that are told what comes to your inbox.", 200),
		func(ctx context.Context, actor access.Actor, _ *nothing) (*reply[devices], error) {
			all, err := a.d.Push.Devices(ctx, actor)
			out := devices{a.d.Push.PublicKey(), []device{}}
			for _, d := range all {
				out.Items = append(out.Items, device{d.ID, d.Agent, d.Made})
			}
			return &reply[devices]{out}, err
		})
	type add struct {
		Body struct {
			Endpoint string `json:"endpoint" minLength:"1" maxLength:"1000" doc:"https address of the browser's push service"`
			P256dh   string `json:"p256dh" minLength:"1" maxLength:"200" doc:"base64url"`
			Auth     string `json:"auth" minLength:"1" maxLength:"60" doc:"base64url"`
			Agent    string `json:"agent,omitempty" maxLength:"300"`
		}
	}
	handle(a, op("POST", base, "notices:write", "Add a device", "A push subscription as browsers give it (RFC 8030). Private addresses are refused. The same endpoint again is changed. At most ten.", 204),
		func(ctx context.Context, actor access.Actor, in *add) (*struct{}, error) {
			return nil, a.d.Push.Subscribe(ctx, actor, push.Subscription{Endpoint: in.Body.Endpoint, P256dh: in.Body.P256dh, Auth: in.Body.Auth, Agent: in.Body.Agent})
		})
	handle(a, op("DELETE", base+"/{id}", "notices:write", "Remove a device", "", 204),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*struct{}, error) {
			return nil, a.d.Push.Remove(ctx, actor, in.ID)
		})
}
