package app

import (
	"encoding/json"
	"fmt"
	"os"

	"entente/edi/guide"
	"entente/edi/schema"
	"entente/portal/locale"
)

func ediGuide(e *env, args []string) (int, error) {
	if len(args) > 0 && (args[0] == "--help" || args[0] == "-h") {
		fmt.Fprint(e.out, "Usage: entente edi guide lint [--json] [--lang en|zh-CN] FILE\n\n"+
			"Check a partner's guide against itself and the standard. The form is in the EDI guide.\n"+
			"Exit 0: sound. 1: it has errors. 2: no guide, or wrong usage.\n")
		return exitOK, nil
	}
	if len(args) == 0 || args[0] != "lint" {
		return exitUsage, misuse("edi guide needs lint; see entente edi guide --help")
	}
	fs := e.flags("edi guide lint")
	lang := fs.String("lang", "en", "language of the sentences: en or zh-CN")
	asJSON := fs.Bool("json", false, "print the problems as JSON")
	rest, err := e.parse(fs, "[--json] [--lang en|zh-CN] FILE", args[1:])
	if err != nil {
		return exitUsage, err
	}
	in, err := e.open(rest)
	if err != nil {
		return exitUsage, err
	}
	defer in.Close()
	g, problems, err := guide.Read(in)
	if err != nil {
		return exitUsage, misuse("%v", err)
	}
	p := printer(*lang)
	if *asJSON {
		type worded struct {
			guide.Problem
			Text string `json:"text"`
		}
		out := []worded{}
		for _, x := range problems {
			out = append(out, worded{x, guideText(p, x)})
		}
		if err := json.NewEncoder(e.out).Encode(out); err != nil {
			return exitUsage, err
		}
	} else {
		for _, x := range problems {
			kind := p.T("cli.guide.remark")
			if x.Error {
				kind = p.T("cli.guide.error")
			}
			if x.Rule > 0 {
				kind += " (" + p.T("cli.guide.rule", "n", x.Rule) + ")"
			}
			fmt.Fprintf(e.out, "%s: %s\n", kind, guideText(p, x))
		}
	}
	if !guide.Sound(problems) {
		return exitFailed, nil
	}
	if !*asJSON {
		fmt.Fprintln(e.out, p.T("cli.guide.sound", "rules", len(g.Rules), "set", g.Set, "version", g.Version))
	}
	return exitOK, nil
}

func guideText(p *locale.Printer, x guide.Problem) string {
	return p.T("edi.guide."+x.Key, "Path", x.Path, "Value", x.Value)
}

// withGuide adds the guide in a file to the options of judging; an empty name adds
// nothing. A guide with errors is refused.
func withGuide(p *locale.Printer, name string, opt schema.Options) (schema.Options, error) {
	if name == "" {
		return opt, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return opt, misuse("%v", err)
	}
	defer f.Close()
	g, problems, err := guide.Read(f)
	if err != nil {
		return opt, misuse("%v", err)
	}
	for _, x := range problems {
		if x.Error {
			return opt, misuse("%s: %s", name, guideText(p, x))
		}
	}
	return g.Options(opt), nil
}
