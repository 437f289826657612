#!/bin/sh
# Makes the vendored files of ../ anew: npm install --legacy-peer-deps && npm run build
set -eu
cd "$(dirname "$0")"
packages=node_modules
govuk=$packages/govuk-frontend/dist/govuk
moj=$packages/@ministryofjustice/frontend/moj
autocomplete=$packages/accessible-autocomplete/dist

$packages/.bin/sass --style=compressed --no-source-map --quiet-deps --quiet --load-path=. --load-path=$packages \
  frontend.scss ../frontend.css
# The crest is licensed for GOV.UK only; no Sass setting leaves its address out.
sed -i 's|url("[^"]*govuk-crest\.svg")|none|g' ../frontend.css

vendor() { sed 's|//# sourceMappingURL=.*||; s|/\*# sourceMappingURL=.*\*/||' "$1" > "../$2"; }
vendor $govuk/govuk-frontend.min.js govuk-frontend.js
vendor $moj/moj-frontend.min.js moj-frontend.js
vendor $autocomplete/accessible-autocomplete.min.js accessible-autocomplete.js
vendor $autocomplete/accessible-autocomplete.min.css accessible-autocomplete.css

grep -o 'images/icon-[a-z-]*\.svg' ../frontend.css | sort -u | while read -r image; do
  cp "$moj/assets/$image" "../$image"
done
