// Command shots takes pictures of every page: each person's pages at 1440 and
// 390 pixels, light and dark, in English and Chinese.
//
//	go run ./shots -out DIR [-people maya,chen] [-languages en,zh-CN] [-pages /orders] [-at /c/kestrel/inbox] [-url http://127.0.0.1:8080]
//	go run ./shots -out ../../../static/docs/img -readme
//
// Without -url it builds the program and starts it with the demo companies.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"entente/portal/e2e/browser"
)

func main() {
	out := flag.String("out", "", "folder for the pictures")
	people := flag.String("people", "", "only these people, by comma")
	languages := flag.String("languages", "en,zh-CN", "these languages, by comma")
	pages := flag.String("pages", "", "only addresses that hold one of these, by comma")
	at := flag.String("at", "", "these addresses and no others, by comma, in folders 1, 2, …, without walking through the pages")
	url := flag.String("url", "", "a running demo server")
	six := flag.Bool("readme", false, "only the six pictures of the README")
	flag.Parse()
	if *out == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(*out, list(*people), list(*languages), list(*pages), list(*at), *url, *six); err != nil {
		fmt.Fprintln(os.Stderr, "shots:", err)
		os.Exit(1)
	}
}

func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

func run(out string, people, languages, pages, at []string, url string, six bool) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	server := &browser.Server{URL: url}
	if url == "" {
		dir, err := os.MkdirTemp("", "entente-shots-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		binary, err := browser.Build(context.Background(), dir)
		if err != nil {
			return err
		}
		if server, err = browser.Serve(binary, filepath.Join(dir, "data")); err != nil {
			return err
		}
		defer server.Stop()
	}
	chrome, err := browser.Launch()
	if err != nil {
		return err
	}
	defer chrome.Close()
	page, err := chrome.Open()
	if err != nil {
		return err
	}
	defer page.Close()
	if six {
		return readme(page, server.URL, out)
	}
	if len(people) == 0 {
		for _, language := range languages {
			if err := shoot(page, server, out, "guest", "/signin?lang="+language, language); err != nil {
				return err
			}
		}
	}
	for _, person := range browser.People {
		if len(people) > 0 && !slices.Contains(people, person.Name) {
			continue
		}
		if err := page.SignIn(server.URL, person.Email, browser.Password); err != nil {
			return err
		}
		for _, language := range languages {
			if err := page.Speak(language); err != nil {
				return err
			}
			if _, err := page.Go(server.URL + "/"); err != nil {
				return err
			}
			for i, place := range at {
				dir := filepath.Join(out, strconv.Itoa(i+1))
				if err := os.MkdirAll(dir, 0o755); err != nil {
					return err
				}
				if err := shoot(page, server, dir, person.Name, place, language); err != nil {
					return err
				}
			}
			if len(at) > 0 {
				continue
			}
			err := page.Tour(func(place string) (bool, error) {
				if !wanted(place, pages) {
					return false, nil
				}
				return true, shoot(page, server, out, person.Name, place, language)
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func wanted(place string, pages []string) bool {
	return len(pages) == 0 || slices.ContainsFunc(pages, func(part string) bool { return strings.Contains(place, part) })
}

var odd = regexp.MustCompile(`[^a-z]+`)
var id = regexp.MustCompile(`[0-9a-z]{26}`)

// shoot takes one page in every look: PERSON-PAGE-LANGUAGE-WIDTH-THEME.png.
func shoot(page *browser.Page, server *browser.Server, out, person, place, language string) error {
	status, err := page.Go(server.URL + place)
	if err != nil {
		return err
	}
	if status != 200 {
		return fmt.Errorf("%s: status %d", place, status)
	}
	path, _, _ := strings.Cut(place, "?")
	name := strings.Trim(odd.ReplaceAllString(id.ReplaceAllString(strings.TrimPrefix(path, "/c/"), "one"), "-"), "-")
	for _, look := range browser.Looks {
		if err := page.Show(look); err != nil {
			return fmt.Errorf("%s: %w", place, err)
		}
		raw, err := page.Shot(look)
		if err != nil {
			return fmt.Errorf("%s: %w", place, err)
		}
		file := fmt.Sprintf("%s-%s-%s-%d-%s.png", person, name, language, look.Width, look.Theme())
		if err := os.WriteFile(filepath.Join(out, file), raw, 0o644); err != nil {
			return err
		}
	}
	return nil
}
