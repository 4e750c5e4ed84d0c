"""What the questions of the suite `general` are about. By template: the question, and the rows of what is asked for = its answers.

The texts are CC0. Facts are of the kind that doesn't change: of countries only those whose capital, money and language are undisputed.
"""

from __future__ import annotations

Tables = dict[str, tuple[str, str]]

FACTS: Tables = {
    "opposite": (
        "What is the opposite of {}?",
        "hot = cold, up = down, big = small/little, fast = slow, open = closed/close/shut, day = night, early = late, happy = sad/unhappy, "
        "full = empty, rich = poor, strong = weak, light = dark/heavy, wet = dry, hard = soft/easy, old = young/new, "
        "left = right, in = out, black = white, true = false, clean = dirty, loud = quiet/silent/soft, near = far, north = south, "
        "east = west, win = lose/loss, buy = sell, push = pull, begin = end/finish, love = hate, thick = thin, wide = narrow, "
        "deep = shallow, inside = outside, first = last, always = never, above = below, before = after, yes = no, war = peace",
    ),
    "plural": (
        "What is the plural of the word {}?",
        "cat = cats, dog = dogs, child = children, mouse = mice, foot = feet, tooth = teeth, man = men, woman = women, box = boxes, "
        "city = cities, baby = babies, leaf = leaves, knife = knives, goose = geese, wolf = wolves, bus = buses, dish = dishes, "
        "story = stories, tomato = tomatoes, potato = potatoes, house = houses, book = books, wife = wives, person = people/persons, "
        "lady = ladies, church = churches, hero = heroes, key = keys, shelf = shelves, tree = trees",
    ),
    "past_tense": (
        "What is the past tense of the verb {}?",
        "go = went, eat = ate, see = saw, run = ran, write = wrote, take = took, give = gave, come = came, drink = drank, sing = sang, "
        "swim = swam, buy = bought, think = thought, catch = caught, teach = taught, find = found, make = made, speak = spoke, "
        "break = broke, drive = drove, fly = flew, know = knew, begin = began, sleep = slept, sell = sold, tell = told, walk = walked, "
        "play = played, work = worked, build = built",
    ),
    "capital": (
        "What is the capital of {}?",
        "France = Paris, Germany = Berlin, Italy = Rome, Spain = Madrid, Portugal = Lisbon, Austria = Vienna, Greece = Athens, "
        "Poland = Warsaw, Hungary = Budapest, Norway = Oslo, Sweden = Stockholm, Denmark = Copenhagen, Finland = Helsinki, "
        "Ireland = Dublin, Belgium = Brussels, the United Kingdom = London, Russia = Moscow, China = Beijing, Japan = Tokyo, "
        "South Korea = Seoul, Thailand = Bangkok, Vietnam = Hanoi, Egypt = Cairo, Kenya = Nairobi, Canada = Ottawa, Cuba = Havana, "
        "Peru = Lima, Argentina = Buenos Aires, Chile = Santiago, Iran = Tehran, Iraq = Baghdad, Turkey = Ankara, Iceland = Reykjavik, "
        "Romania = Bucharest, Bulgaria = Sofia, Croatia = Zagreb, Nepal = Kathmandu, Colombia = Bogota/Bogotá",
    ),
    "country": (
        "{} is the capital of which country?",
        "Paris = France, Berlin = Germany, Rome = Italy, Madrid = Spain, Lisbon = Portugal, Vienna = Austria, Athens = Greece, "
        "Warsaw = Poland, Budapest = Hungary, Oslo = Norway, Stockholm = Sweden, Copenhagen = Denmark, Helsinki = Finland, "
        "Dublin = Ireland, Brussels = Belgium, Moscow = Russia, Beijing = China, Tokyo = Japan, Seoul = South Korea/Korea, "
        "Bangkok = Thailand, Hanoi = Vietnam, Cairo = Egypt, Nairobi = Kenya, Ottawa = Canada, Havana = Cuba, Lima = Peru, "
        "Buenos Aires = Argentina, Tehran = Iran, Baghdad = Iraq, Ankara = Turkey, Reykjavik = Iceland, Sofia = Bulgaria",
    ),
    "continent": (
        "On which continent is {}?",
        "France = Europe, Germany = Europe, Italy = Europe, Poland = Europe, Norway = Europe, Greece = Europe, China = Asia, "
        "Japan = Asia, India = Asia, Thailand = Asia, Vietnam = Asia, Nepal = Asia, Kenya = Africa, Nigeria = Africa, Ghana = Africa, "
        "Ethiopia = Africa, Egypt = Africa, Morocco = Africa, Brazil = South America/America, Argentina = South America/America, "
        "Peru = South America/America, Chile = South America/America, Canada = North America/America, "
        "Mexico = North America/America",
    ),
    "spoken": (
        "Which language do most people speak in {}?",
        "France = French, Germany = German, Italy = Italian, Spain = Spanish, Mexico = Spanish, Brazil = Portuguese, Japan = Japanese, "
        "China = Chinese/Mandarin, Russia = Russian, Portugal = Portuguese, Egypt = Arabic, Greece = Greek, Poland = Polish, "
        "Sweden = Swedish, Turkey = Turkish, Hungary = Hungarian, Thailand = Thai, Austria = German, Australia = English, "
        "Argentina = Spanish, Denmark = Danish, Finland = Finnish, Norway = Norwegian, Iraq = Arabic",
    ),
    "colour": (
        "What is the usual colour of {}?",
        "grass = green, snow = white, a ripe banana = yellow, a ripe tomato = red, coal = black, a clear sky by day = blue, blood = red, "
        "milk = white, chocolate = brown, a lemon = yellow, a carrot = orange, a strawberry = red, the sea = blue, leaves in spring = green, "
        "salt = white, a fire engine = red, the sun in a drawing = yellow, a cucumber = green, an elephant = grey/gray, "
        "a polar bear = white, a crow = black, a pumpkin = orange, a flamingo = pink, a frog = green",
    ),
    "kind": (
        "What kind of thing are {}?",
        "apples and pears and plums = fruit/fruits, dogs and cats and cows = animals/animal/mammals, carrots and onions and peas = vegetables/vegetable, "
        "red and green and blue = colours/colors/color/colour, roses and tulips and daisies = flowers/flower, "
        "eagles and ducks and owls = birds/bird, ants and bees and flies = insects/insect, salmon and trout and sharks = fish, "
        "oaks and pines and birches = trees/tree, France and Japan and Kenya = countries/country, Paris and Rome and Tokyo = cities/city, "
        "chairs and tables and beds = furniture, hammers and saws and drills = tools/tool, shirts and trousers and coats = clothes/clothing, "
        "pianos and guitars and violins = instruments/instrument, iron and copper and gold = metals/metal, "
        "Monday and Friday and Sunday = days/day, May and June and July = months/month, two and five and nine = numbers/number, "
        "tennis and football and golf = sports/sport, cars and trucks and buses = vehicles/vehicle, Mars and Venus and Saturn = planets/planet",
    ),
    "profession": (
        "What do we call a person who {}?",
        "puts out fires = firefighter/fireman, teaches in a school = teacher, flies planes = pilot, bakes bread = baker, "
        "treats sick people in a hospital = doctor/nurse/physician, cuts hair = barber/hairdresser, grows crops and keeps cows = farmer, "
        "drives a taxi = driver, writes books = author/writer, paints pictures = artist/painter, sings songs = singer, "
        "takes photographs = photographer, catches fish = fisherman/fisher/angler, sells meat = butcher, repairs teeth = dentist, "
        "plays in films = actor/actress, repairs water pipes = plumber, cooks in a restaurant = chef/cook, dances on a stage = dancer, "
        "designs buildings = architect, travels into space = astronaut/cosmonaut, makes clothes = tailor/seamstress/dressmaker, "
        "treats sick animals = vet/veterinarian, judges in a court = judge",
    ),
    "tool": (
        "What do you use to {}?",
        "cut paper = scissors, write on a blackboard = chalk, drive in a nail = hammer, tell the time = clock/watch, "
        "open a locked door = key, sweep the floor = broom, eat soup = spoon, brush your teeth = toothbrush, "
        "stay dry in the rain = umbrella/raincoat, see yourself = mirror, measure how warm it is = thermometer, "
        "look at the stars = telescope, call somebody = phone/telephone, dry yourself after a bath = towel, "
        "boil water = kettle/pot/stove, find north = compass, dig a hole = shovel/spade, "
        "take a photograph = camera, weigh flour = scale/scales, paint a wall = brush/roller/paintbrush",
    ),
    "home": (
        "Where does {} live?",
        "a fish = water/ocean/sea/river/lake, a camel = desert, a bee = hive/beehive, a king = palace/castle, a polar bear = Arctic/ice/north pole, "
        "a penguin = Antarctica/south pole/antarctic, a monkey = jungle/forest/rainforest/trees, a whale = ocean/sea, "
        "a spider = web, a bird = nest/trees/tree, a shark = ocean/sea, a cow = farm/barn/field, an octopus = ocean/sea, "
        "a kangaroo = Australia, a squirrel = tree/trees/forest, a dolphin = ocean/sea, an ant = anthill/nest/colony, "
        "a crab = ocean/sea/beach, a lion = Africa/savanna/savannah/jungle, a hen = farm/coop/henhouse",
    ),
    "animal_class": (
        "What class of animals does {} belong to, such as reptiles?",
        "a dog = mammals/mammal/mammalia, an eagle = birds/bird/aves, a salmon = fish, a bee = insects/insect/insecta, "
        "a whale = mammals/mammal/mammalia, a sparrow = birds/bird/aves, a frog = amphibians/amphibian/amphibia, "
        "a horse = mammals/mammal/mammalia, a cow = mammals/mammal/mammalia, an ant = insects/insect/insecta, a cat = mammals/mammal/mammalia, "
        "an owl = birds/bird/aves, a parrot = birds/bird/aves, a butterfly = insects/insect/insecta, a trout = fish, "
        "a tiger = mammals/mammal/mammalia, a duck = birds/bird/aves, a penguin = birds/bird/aves, a bear = mammals/mammal/mammalia, "
        "a mosquito = insects/insect/insecta",
    ),
    "element": (
        "Which chemical element has the symbol {}?",
        "O = oxygen, H = hydrogen, Fe = iron, Au = gold, Ag = silver, C = carbon, N = nitrogen, He = helium, Na = sodium, Cu = copper, "
        "Pb = lead, Ca = calcium, K = potassium, Cl = chlorine, Zn = zinc, Hg = mercury, Al = aluminium/aluminum, Mg = magnesium, "
        "S = sulfur/sulphur, P = phosphorus, Ni = nickel, Sn = tin, U = uranium, I = iodine, Ne = neon",
    ),
    "last_letter": (
        "What is the last letter of the word {}?",
        "dog = g, cat = t, house = e, tree = e, bird = d, milk = k, school = l, garden = n, river = r, book = k, film = m, lamp = p, "
        "king = g, road = d, wolf = f, chair = r, bread = d, bottle = e, window = w, queen = n",
    ),
    "sentiment": (
        "What is the sentiment of the review “{}”?",
        "I love this phone. = positive, What a waste of money. = negative, The food was delicious. = positive, "
        "The service was terrible. = negative, Best film of the year! = positive, It broke on the first day. = negative, "
        "I would buy it again. = positive, The room was dirty and loud. = negative, A wonderful little book. = positive, "
        "I want my money back. = negative, The staff were so kind. = positive, Boring from start to end. = negative, "
        "Works perfectly and looks great. = positive, Never again! = negative, My children adore it. = positive, "
        "The worst coffee I ever had. = negative, Fast delivery and great quality. = positive, It smells awful. = negative, "
        "We had a fantastic evening. = positive, Cheap and useless. = negative",
    ),
    "yes_or_no": (
        "Is it true that {}?",
        "the sun is hot = yes, ice is warm = no, a whale can swim = yes, a stone can think = no, "
        "a week has seven days = yes, cows can fly = no, Paris is in France = yes, Tokyo is in Italy = no, "
        "people need water to live = yes, fish live in trees = no, snow is cold = yes, the moon is made of cheese = no, "
        "a triangle has three sides = yes, a square has nine corners = no, dogs are animals = yes, "
        "a car is a plant = no, gold is a metal = yes, elephants are smaller than mice = no, "
        "winter is colder than summer = yes, a year has two days = no",
    ),
    "spanish": (
        "What is the Spanish word for {}?",
        "cat = gato/gata, dog = perro/perra, house = casa, water = agua, book = libro, red = rojo/roja, friend = amigo/amiga, "
        "good = bueno/buena/bien, thank you = gracias, hello = hola, yes = sí/si, milk = leche, bread = pan, night = noche, day = día/dia, "
        "sun = sol, moon = luna, white = blanco/blanca, green = verde, black = negro/negra, woman = mujer, man = hombre, "
        "goodbye = adiós/adios, love = amor, table = mesa, one = uno/una, two = dos, three = tres",
    ),
    "french": (
        "What is the French word for {}?",
        "cat = chat/chatte, dog = chien/chienne, house = maison, water = eau, book = livre, red = rouge, friend = ami/amie, "
        "good = bon/bonne/bien, thank you = merci, hello = bonjour/salut, yes = oui, milk = lait, bread = pain, night = nuit, day = jour, "
        "sun = soleil, moon = lune, white = blanc/blanche, green = vert/verte, black = noir/noire, woman = femme, man = homme, "
        "love = amour, king = roi, sea = mer",
    ),
    "analogy": (
        "Complete the analogy: {} is to ...?",
        "hot is to cold as up = down, cat is to kitten as dog = puppy/pup, bird is to fly as fish = swim, king is to queen as man = woman, "
        "hand is to glove as foot = sock/shoe, France is to Paris as Italy = Rome, day is to light as night = dark/darkness, "
        "eye is to see as ear = hear/listen, cow is to milk as hen = egg/eggs, big is to small as tall = short, "
        "two is to four as three = six, pen is to write as knife = cut, father is to son as mother = daughter, "
        "puppy is to dog as calf = cow, teacher is to school as doctor = hospital, car is to road as train = track/tracks/rail/rails/railway, "
        "bee is to hive as bird = nest, snow is to white as grass = green, north is to south as east = west, "
        "baker is to bread as author = book/books",
    ),
    "proverb": (
        "Which word completes the proverb “{} ...”?",
        "An apple a day keeps the doctor = away, Actions speak louder than = words, Better late than = never, "
        "All that glitters is not = gold, Practice makes = perfect, Time is = money, "
        "The early bird catches the = worm, Honesty is the best = policy, Knowledge is = power, Love is = blind, "
        "Haste makes = waste, Look before you = leap, No pain no = gain, Easy come easy = go, "
        "Curiosity killed the = cat, Beggars can't be = choosers, "
        "Too many cooks spoil the = broth, Rome wasn't built in a = day, A picture is worth a thousand = words, "
        "Every cloud has a silver = lining, Don't judge a book by its = cover, The pen is mightier than the = sword",
    ),
    "made_of": (
        "What is {} made from?",
        "cheese = milk, wine = grapes/grape, bread = flour/wheat/dough, paper = wood/trees/pulp, a candle = wax/beeswax, glass = sand/silica, "
        "butter = milk/cream, an omelette = eggs/egg, chocolate = cocoa/cacao, a window pane = glass, a wooden table = wood, ketchup = tomatoes/tomato, "
        "a snowman = snow, raisins = grapes/grape, chips = potatoes/potato, a sandcastle = sand, toast = bread, ice = water, tofu = soy/soybeans/soya, "
        "honey = nectar/bees",
    ),
    "season": (
        "In which season {} in the north of Europe?",
        "does it snow most = winter, do leaves drop from the trees = autumn/fall, is it hottest = summer, is it coldest = winter, "
        "is Christmas = winter, are the days shortest = winter, are the days longest = summer, is January = winter, is July = summer, "
        "is August = summer, is October = autumn/fall, is April = spring, do flowers begin to bloom = spring, "
        "do people build snowmen = winter, do people go to the beach = summer, is Easter = spring, is Halloween = autumn/fall",
    ),
    "how_many": (
        "How many {}?",
        "days are in a week = 7/seven, months are in a year = 12/twelve, minutes are in an hour = 60/sixty, hours are in a day = 24, "
        "seconds are in a minute = 60/sixty, legs has a spider = 8/eight, legs has a dog = 4/four, wheels has a bicycle = 2/two, "
        "wheels has a car = 4/four, sides has a triangle = 3/three, sides has a square = 4/four, fingers are on one hand = 5/five, "
        "legs has an insect = 6/six, weeks are in a year = 52, days are in June = 30/thirty, days are in January = 31, "
        "letters are in the English alphabet = 26, years are in a century = 100/hundred, arms has an octopus = 8/eight, "
        "eyes has a cat = 2/two, metres are in a kilometre = 1000, cents are in a dollar = 100/hundred, "
        "planets has the solar system = 8/eight, years are in a decade = 10/ten, strings has a violin = 4/four, "
        "players has a football team on the field = 11/eleven, wings has a bird = 2/two, degrees has a right angle = 90/ninety",
    ),
    "landmark": (
        "In which city is {}?",
        "the Eiffel Tower = Paris, Big Ben = London, the Colosseum = Rome, the Statue of Liberty = New York, the Kremlin = Moscow, "
        "the Brandenburg Gate = Berlin, the Acropolis = Athens, the Louvre = Paris, "
        "the Golden Gate Bridge = San Francisco, the White House = Washington, Red Square = Moscow, the Forbidden City = Beijing, "
        "Tower Bridge = London, Buckingham Palace = London, the Sagrada Familia = Barcelona, the Hagia Sophia = Istanbul, "
        "the Empire State Building = New York, Central Park = New York, the Trevi Fountain = Rome, Hollywood = Los Angeles",
    ),
    "city": (
        "In which country is the city of {}?",
        "Munich = Germany, Hamburg = Germany, Milan = Italy, Naples = Italy, Venice = Italy, Lyon = France, Marseille = France, "
        "Barcelona = Spain, Seville = Spain, Osaka = Japan, Kyoto = Japan, Shanghai = China, Mumbai = India, Toronto = Canada, "
        "Montreal = Canada, Sydney = Australia, Melbourne = Australia, Rio de Janeiro = Brazil, Istanbul = Turkey, "
        "Zurich = Switzerland, Geneva = Switzerland, Krakow = Poland, Amsterdam = Netherlands, Manchester = England/United Kingdom/UK, "
        "Liverpool = England/United Kingdom/UK, Chicago = United States/USA/US, Casablanca = Morocco, Lagos = Nigeria",
    ),
    "made_by": (
        "Who {}?",
        "wrote Romeo and Juliet = Shakespeare, wrote Hamlet = Shakespeare, painted the Mona Lisa = Leonardo/da Vinci, "
        "wrote Oliver Twist = Dickens, wrote Pride and Prejudice = Austen, wrote War and Peace = Tolstoy, "
        "painted The Starry Night = van Gogh, painted Guernica = Picasso, wrote Don Quixote = Cervantes, "
        "wrote The Old Man and the Sea = Hemingway, wrote Frankenstein = Shelley, wrote Dracula = Stoker, wrote Faust = Goethe, "
        "wrote The Origin of Species = Darwin, wrote the Odyssey = Homer, composed the Moonlight Sonata = Beethoven, "
        "composed The Magic Flute = Mozart, composed The Four Seasons = Vivaldi, wrote The Hobbit = Tolkien, wrote 1984 = Orwell, "
        "found the law of gravity = Newton, found the theory of relativity = Einstein, wrote the Divine Comedy = Dante",
    ),
    "currency": (
        "What is the currency of {}?",
        "Japan = yen, the United Kingdom = pound/pounds, the United States = dollar/dollars, India = rupee/rupees, Russia = ruble/rouble/rubles, "
        "China = yuan/renminbi, Mexico = peso/pesos, Switzerland = franc/francs, Germany = euro/euros, France = euro/euros, Italy = euro/euros, "
        "Spain = euro/euros, Canada = dollar/dollars, Australia = dollar/dollars, Brazil = real/reais, South Korea = won, Thailand = baht, "
        "Poland = zloty/złoty, Sweden = krona/kronor, Turkey = lira, Israel = shekel/shekels, Vietnam = dong, South Africa = rand",
    ),
    "study": (
        "What does {} study?",
        "a botanist = plants/plant, an astronomer = stars/planets/universe/space/celestial, a zoologist = animals/animal, "
        "a geologist = rocks/earth/rock, a historian = past/history, a meteorologist = weather/atmosphere, "
        "a marine biologist = sea/ocean/oceans/marine life, a linguist = language/languages, a psychologist = mind/behavior/behaviour, "
        "an economist = economy/economics/money, an entomologist = insects/insect, an ornithologist = birds/bird, "
        "a volcanologist = volcanoes/volcanos, a cardiologist = heart, a neurologist = brain/nervous system, "
        "a dermatologist = skin, a chemist = chemicals/substances/matter/chemistry/chemical, a mathematician = numbers/mathematics, "
        "a paleontologist = fossils/dinosaurs/fossil, a microbiologist = microorganisms/microbes/bacteria",
    ),
    "measure": (
        "What is {} used to measure?",
        "a thermometer = temperature, a clock = time, a ruler = length/distance, a barometer = pressure, a speedometer = speed, "
        "a kitchen scale = weight/mass, a stopwatch = time, a calendar = time/days, a measuring cup = volume, "
        "a protractor = angles/angle, a seismograph = earthquakes/earthquake/seismic, an odometer = distance, an altimeter = altitude/height, "
        "the unit metre = length/distance, the unit kilogram = mass/weight, the unit litre = volume, the unit second = time, "
        "the unit volt = voltage/potential/electricity, the unit degree Celsius = temperature",
    ),
    "meaning": (
        "What do we call {}?",
        "frozen water = ice, the first meal of the day = breakfast, the meal at midday = lunch, a house for books that one can borrow = library, "
        "the place where planes land = airport, the star that the Earth goes around = sun, a scientist of the stars = astronomer, "
        "the young of a cat = kitten/kittens, the young of a dog = puppy/puppies/pup, a piece of land with water all around = island, "
        "a very tall building = skyscraper/tower, frozen rain that is soft and white = snow, the natural satellite of the Earth = moon, "
        "a mountain that throws out lava = volcano, a doctor for teeth = dentist, a book of words and what they mean = dictionary, "
        "dried grapes = raisins/raisin, the mother of one's mother = grandmother/grandma, the son of one's uncle = cousin, "
        "a shape with three sides = triangle, a hundred years = century, ten years = decade, the line where sky and land meet = horizon",
    ),
    "abbreviation": (
        "What does the abbreviation {} stand for?",
        "USA = United States, UK = United Kingdom, EU = European Union, UN = United Nations, "
        "NASA = National Aeronautics, WHO = World Health Organization/World Health Organisation, TV = television, CEO = chief executive officer, "
        "CPU = central processing unit, FAQ = frequently asked questions, ATM = automated teller machine/automatic teller machine, "
        "GPS = global positioning system, DNA = deoxyribonucleic acid, DIY = do it yourself/do-it-yourself, PhD = doctor of philosophy, "
        "FBI = Federal Bureau of Investigation, GDP = gross domestic product, PC = personal computer, AI = artificial intelligence, "
        "NATO = North Atlantic Treaty, HTML = hypertext markup language, WWW = world wide web",
    ),
    "organ": (
        "Which organ of the body {}?",
        "pumps the blood = heart, thinks = brain, takes in air = lungs/lung, sees = eyes/eye, hears = ears/ear, smells = nose, "
        "digests food first = stomach, covers the whole body = skin, tastes = tongue, cleans the blood and makes urine = kidneys/kidney, "
        "makes bile = liver, makes insulin = pancreas, stores urine = bladder, keeps memories = brain, beats all our life = heart, "
        "takes up oxygen = lungs/lung",
    ),
    "young": (
        "Complete the sentence: The young of a {} is called a ...",
        "dog = puppy/pup, cat = kitten, cow = calf, horse = foal/colt/filly, sheep = lamb, pig = piglet, duck = duckling, bear = cub, "
        "lion = cub, chicken = chick, goat = kid, goose = gosling, deer = fawn, kangaroo = joey, frog = tadpole/froglet, "
        "swan = cygnet, wolf = pup/cub, fox = cub/kit/pup, elephant = calf, tiger = cub",
    ),
    "list": (
        "Which comes next in the list: {}?",
        "Monday and Tuesday and Wednesday = Thursday, Tuesday and Wednesday and Thursday = Friday, Wednesday and Thursday and Friday = Saturday, "
        "Thursday and Friday and Saturday = Sunday, Saturday and Sunday and Monday = Tuesday, January and February and March = April, "
        "February and March and April = May, March and April and May = June, April and May and June = July, May and June and July = August, "
        "June and July and August = September, July and August and September = October, August and September and October = November, "
        "September and October and November = December, spring and summer = autumn/fall, one and two and three = four, "
        "five and six and seven = eight, first and second and third = fourth, ten and twenty and thirty = forty, B and C and D = E, "
        "K and L and M = N, P and Q and R = S, baby and child and teenager = adult, Mercury and Venus = Earth",
    ),
    "largest": (
        "What is the {}?",
        "largest ocean = Pacific, largest planet of the solar system = Jupiter, highest mountain on Earth = Everest, "
        "largest land animal = elephant, largest animal of the sea = whale, longest river of Africa = Nile, tallest animal = giraffe, "
        "fastest animal on land = cheetah, largest continent = Asia, smallest continent = Australia, largest bird = ostrich, "
        "closest planet to the sun = Mercury, largest desert with sand = Sahara, smallest planet of the solar system = Mercury, "
        "hardest natural material = diamond, largest organ of the human body = skin, largest country by area = Russia, "
        "longest river of South America = Amazon, largest cat = tiger, largest island = Greenland",
    ),
}
