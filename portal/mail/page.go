package mail

import (
	"html/template"
	"strings"

	"entente/portal/locale"
	"entente/prm/fault"
)

// noticePage is a mail of notices as a mail program shows it, in its light and its dark look.
var noticePage = template.Must(template.New("").Parse(`<!doctype html>
<html lang="{{.Lang}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark"><title>{{.Subject}}</title>
<style>:root{color-scheme:light dark}@media (prefers-color-scheme:dark){.b{background:#131416!important;color:#e4e6e8!important}.c{background:#1c1d20!important}.q{color:#e4e6e8!important;border-color:#4a4f55!important}.l{color:#6cc3d8!important}.f{color:#a3a9b0!important}.r{border-color:#34373b!important}}</style></head>
<body class="b" style="margin:0;padding:20px 12px;background:#f4f5f6;color:#1d2327;font:16px/1.5 -apple-system,'Segoe UI',Roboto,'PingFang SC','Microsoft YaHei',sans-serif">
{{with .Mark}}<p class="f" style="max-width:600px;margin:0 auto 12px;font-size:13px;color:#59626a">{{.}}</p>
{{end}}<div class="c" style="max-width:600px;margin:0 auto;box-sizing:border-box;background:#ffffff;border-radius:8px;padding:24px 24px 18px;overflow-wrap:anywhere">
<p class="f" style="margin:0 0 16px;font-size:13px;font-weight:600;color:#59626a">{{.Company}}</p>
{{range .Blocks}}<div class="r" style="margin:0 0 16px{{if .Notice}};padding-top:16px;border-top:1px solid #dfe2e5{{end}}">{{range .Lines}}{{if .Said}}<p style="margin:0;font-weight:600">{{.Text}}</p>{{else if .Quote}}<p class="q" style="margin:4px 0;padding-left:12px;border-left:3px solid #dfe2e5;color:#1d2327">{{.Text}}</p>{{else if .Button}}<p style="margin:12px 0 4px"><a href="{{.Link}}" style="display:inline-block;background:#0e6073;color:#ffffff;text-decoration:none;padding:9px 16px;border-radius:6px">{{.Text}}</a></p>{{else if .Link}}<p style="margin:6px 0"><a class="l" href="{{.Link}}" style="color:#0e6073">{{.Text}}</a></p>{{else}}<p{{if .Small}} class="f"{{end}} style="margin:4px 0{{if .Small}};font-size:13px;color:#59626a{{end}}">{{.Text}}</p>{{end}}{{end}}</div>
{{end}}<div class="r" style="margin:20px 0 0;padding-top:14px;border-top:1px solid #dfe2e5">{{range .Foot}}<p class="f" style="margin:0 0 6px;font-size:13px;color:#59626a">{{if .Link}}<a class="f" href="{{.Link}}" style="color:#59626a">{{.Text}}</a>{{else}}{{.Text}}{{end}}</p>{{end}}</div>
</div></body></html>
`))

// block is a paragraph of a mail: a notice with what belongs to it, or other lines.
type block struct {
	Notice bool
	Lines  []row
}

type row struct {
	Text, Link                 string
	Said, Quote, Button, Small bool
}

// asPage makes the page of the lines of a plain mail of notices: both say the same.
func asPage(words *locale.Printer, subject, company, mark string, lines []string) (string, error) {
	page := struct {
		Lang, Subject, Company, Mark string
		Blocks                       []block
		Foot                         []row
	}{Lang: string(words.Language()), Subject: subject, Company: company, Mark: mark}
	foot, open := false, false
	for _, l := range lines {
		switch {
		case l == "" || l == mark:
			open = false
			continue
		case l == "--":
			foot = true
			continue
		}
		r := asRow(words, l)
		if foot {
			page.Foot = append(page.Foot, r)
			continue
		}
		if !open {
			page.Blocks = append(page.Blocks, block{Notice: r.Said})
			open = true
		}
		b := &page.Blocks[len(page.Blocks)-1]
		b.Lines = append(b.Lines, r)
	}
	var out strings.Builder
	if err := noticePage.Execute(&out, page); err != nil {
		return "", fault.Wrap(err, fault.Internal, "error.internal")
	}
	return out.String(), nil
}

// asRow reads what a line of a plain mail is. An address at its end becomes a link of the words before it.
func asRow(words *locale.Printer, line string) row {
	if said, ok := strings.CutPrefix(line, "• "); ok {
		return row{Text: said, Said: true}
	}
	if said, ok := strings.CutPrefix(line, saidMark); ok {
		return row{Text: said, Quote: true}
	}
	r := row{Text: strings.TrimSpace(line), Small: strings.HasPrefix(line, "  ")}
	at := strings.LastIndexByte(r.Text, ' ') + 1
	switch end := r.Text[at:]; {
	case strings.HasPrefix(end, "https://") || strings.HasPrefix(end, "http://"):
		r.Link, r.Text = end, strings.TrimRight(r.Text[:at], " :：")
		r.Button = strings.Contains(end, "/answer/")
		if r.Text == "" {
			r.Text = words.T("mail.notices.open")
		}
	case strings.HasPrefix(r.Text, words.T("mail.reply.at")):
		r.Link = "mailto:" + end
	}
	return r
}
