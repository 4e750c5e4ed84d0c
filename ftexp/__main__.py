from ftexp.cli import main

raise SystemExit(main())
