"""Names of five countries, the most usual first, and how long tails of surnames are put together.

Compiled for this project from general knowledge; nothing here is taken from another data set. What is drawn from a
list follows its order: the r-th is drawn in proportion to 1 / (r + `FLAT`).
"""

from __future__ import annotations

from dataclasses import dataclass

FLAT = 12.0


@dataclass(frozen=True, slots=True)
class Culture:
    """What people of one country are called. `stems` and `endings` make rarer surnames of a share `tail`."""

    women: tuple[str, ...]
    men: tuple[str, ...]
    surnames: tuple[str, ...]
    stems: tuple[str, ...]
    endings: tuple[str, ...]
    tail: float


_ENGLISH_WOMEN = """
Margaret Mary Susan Elizabeth Sarah Patricia Jennifer Emma Karen Linda Christine Julie Helen Laura Rebecca Amy
Jessica Charlotte Emily Olivia Sophie Hannah Lucy Katie Rachel Claire Nicola Michelle Lisa Angela Jane Anne Ann
Barbara Jean Joan Dorothy Sheila Maureen Pamela Carol Janet Sandra Jacqueline Tracey Deborah Amanda Alison Lorraine
Diane Wendy Samantha Victoria Catherine Katherine Kathryn Louise Natalie Kelly Joanne Gemma Stephanie Danielle
Lauren Megan Chloe Georgia Grace Ella Amelia Isla Ava Mia Poppy Lily Freya Evie Ruby Alice Florence Daisy Phoebe
Eleanor Matilda Zara Imogen Holly Abigail Bethany Jade Kimberley Leanne Hayley Donna Beverley Gillian Hilary Judith
Rosemary Marion Sylvia Brenda Joyce Doreen Edna Ethel Gladys Hilda Irene Ivy Marjorie Muriel Nora Olive Phyllis
Vera Winifred Agnes Bridget Kathleen Eileen Teresa Bernadette Frances Ruth Esther Naomi Miriam Philippa Tamsin
Harriet Rosalind Cordelia Aisha Fatima Mariam Zainab Priya Anjali Nisha Mei Ling Yuki Agnieszka Katarzyna Magdalena
Oluwaseun Ngozi Adaeze
"""
_ENGLISH_MEN = """
David John Michael Paul James Andrew Peter Robert Richard Mark William Thomas Stephen Christopher Daniel Matthew
Anthony Kevin Ian Simon Brian Alan Gary Philip Martin Steven Jonathan Nicholas Adam Joseph Benjamin Samuel Jack
Harry Oliver George Charlie Jacob Alfie Oscar Noah Leo Henry Edward Arthur Alexander Joshua Ryan Luke Liam Callum
Connor Nathan Jordan Lewis Aaron Kieran Scott Craig Darren Lee Dean Wayne Carl Neil Graham Keith Colin Derek Trevor
Roger Raymond Ronald Kenneth Dennis Terence Geoffrey Gordon Malcolm Douglas Donald Frank Frederick Albert Ernest
Harold Stanley Leonard Norman Sidney Walter Cyril Percy Reginald Clifford Francis Patrick Sean Declan Eamonn Gareth
Rhys Owen Evan Dylan Hugh Angus Hamish Stuart Duncan Fraser Rory Toby Max Theo Isaac Elijah Reuben Felix Rupert
Hugo Sebastian Dominic Gabriel Vincent Maurice Bernard Lawrence Gerald Mohammed Ahmed Ali Hassan Imran Raj Sanjay
Wei Chen Hiroshi Piotr Tomasz Krzysztof Chukwuemeka Babajide Kwame
"""
_ENGLISH_SURNAMES = """
Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White Roberts Green
Hall Wood Jackson Clarke Clark Hughes Edwards Hill Moore Harris Lewis Martin Cooper King Ward Turner Watson Morris
Harrison Morgan Baker Patel Young Allen Anderson Mitchell James Phillips Lee Parker Cook Bell Bailey Davis Bennett
Miller Khan Shaw Richardson Cox Collins Marshall Carter Gray Adams Wilkinson Campbell Murphy Kelly Simpson Mason
Russell Hunt Webb Mills Chapman Rogers Stevens Palmer Butler Ellis Foster Gibson Murray Powell Dixon Knight Lloyd
Matthews Owen Barnes Kaur Singh Hussain Ahmed Ali Begum Hart Fletcher Graham Booth Spencer Wells West Reid Ryan
Payne Pearson Holmes Rose Walsh Fox Scott Stone Andrews Hudson Barker Reynolds Griffiths Saunders Cole Jenkins
Perry Brooks Wallace Lawrence Atkinson Gardner Ford Dean Byrne Doyle Brady Nolan Quinn Kavanagh Lynch Sutton Burton
Nicholson Lowe Cross Chambers Grant Hamilton Stewart Robertson MacDonald McKenzie Fraser Cameron Sinclair Boyd
Burns Hopkins Bowen Pritchard Parry Rees Vaughan Gough Yates Whitehead Hargreaves Ashworth Greenhalgh Schofield
Entwistle Ogden Kershaw Butterworth Osborne Carey Dawson Barrett Watts Bishop Fuller Norris Newton Frost Peacock
Swift Sharp Wolfe Nash Hale Buck Crane Okafor Adeyemi Mensah Chowdhury Rahman Nguyen Wong Chan Kowalski Nowak
Popescu Silva Fernandes Rossi Novak Cohen
"""
_ENGLISH_STEMS = """
Ash Brad Burn Charl Clay Cran Dal East Fair Farn Glad Grim Had Hal Hart Hather Hol Kirk Lang Lin Mar Mid Nor Oak
Pem Rad Raw Rush Sand Shel Stan Thorn Wad Wal Whit Win Wood Wyn Brock Hazel Lock Mill Pend Rams Rother Swin Thur
"""
_ENGLISH_ENDINGS = (
    "ford ley ton ham worth well bourne field croft wick by stead hurst gate brook man son more combe dale"
)

_AMERICAN_WOMEN = """
Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Sarah Karen Lisa Nancy Betty Sandra Margaret Ashley
Kimberly Emily Donna Michelle Carol Amanda Melissa Deborah Stephanie Rebecca Sharon Laura Cynthia Dorothy Amy
Kathleen Angela Shirley Brenda Emma Anna Pamela Nicole Samantha Katherine Christine Helen Debra Rachel Carolyn
Janet Maria Olivia Heather Catherine Diane Julie Victoria Joyce Lauren Kelly Christina Ruth Joan Virginia Judith
Evelyn Hannah Andrea Megan Cheryl Jacqueline Madison Teresa Abigail Sophia Martha Sara Gloria Janice Kathryn Ann
Isabella Judy Charlotte Julia Grace Amber Alice Jean Denise Frances Danielle Marilyn Natalie Beverly Diana Brittany
Theresa Kayla Alexis Doris Lori Tiffany Guadalupe Rosa Carmen Juana Esperanza Lakisha Latoya Ebony Tamika Keisha
Savannah Brooklyn Harper Mackenzie Addison Peyton Autumn Destiny Sierra Xiomara Thuy Linh Priyanka Noor
"""
_AMERICAN_MEN = """
James Robert John Michael David William Richard Joseph Thomas Christopher Charles Daniel Matthew Anthony Mark
Donald Steven Andrew Paul Joshua Kenneth Kevin Brian George Timothy Ronald Jason Edward Jeffrey Ryan Jacob Gary
Nicholas Eric Jonathan Stephen Larry Justin Scott Brandon Benjamin Samuel Gregory Alexander Patrick Frank Raymond
Jack Dennis Jerry Tyler Aaron Jose Adam Nathan Henry Zachary Douglas Peter Kyle Noah Ethan Jeremy Walter Christian
Keith Roger Terry Austin Sean Gerald Carl Dylan Harold Jordan Jesse Bryan Lawrence Arthur Gabriel Bruce Logan Billy
Joe Alan Juan Elijah Willie Albert Wayne Randy Mason Vincent Liam Roy Bobby Caleb Bradley Russell Lucas Luis Carlos
Miguel Angel Jesus Francisco Javier Tyrone Darnell Deshawn Malik Jamal Hunter Chase Colton Wyatt Levi Hung Minh
Sanjay Omar
"""
_AMERICAN_SURNAMES = """
Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson Anderson
Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson Walker
Young Allen King Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell
Carter Roberts Gomez Phillips Evans Turner Diaz Parker Cruz Edwards Collins Reyes Stewart Morris Morales Murphy
Cook Rogers Gutierrez Ortiz Morgan Cooper Peterson Bailey Reed Kelly Howard Ramos Kim Cox Ward Richardson Watson
Brooks Chavez Wood James Bennett Gray Mendoza Ruiz Hughes Price Alvarez Castillo Sanders Patel Myers Long Ross
Foster Jimenez Powell Jenkins Perry Russell Sullivan Bell Coleman Butler Henderson Barnes Gonzales Fisher Vasquez
Simmons Romero Jordan Patterson Alexander Hamilton Graham Reynolds Griffin Wallace Moreno West Cole Hayes Bryant
Herrera Gibson Ellis Tran Medina Aguilar Stevens Murray Ford Castro Marshall Owens Harrison Fernandez McDonald
Woods Washington Kennedy Wells Vargas Henry Chen Freeman Webb Tucker Guzman Burns Crawford Olson Simpson Porter
Hunter Gordon Mendez Silva Shaw Snyder Mason Dixon Munoz Hunt Hicks Holmes Palmer Wagner Black Robertson Boyd Stone
Salazar Fox Warren Mills Meyer Rice Schmidt Garza Daniels Ferguson Nichols Stephens Soto Weaver Ryan Gardner Payne
Grant Dunn Kelley Spencer Hawkins Whitaker Beauchamp Zielinski Kowalczyk O'Brien O'Neill McCarthy DeLuca VanDyke
St.Clair Yazzie Begay Chaudhary
"""
_AMERICAN_ENDINGS = "ford ley ton ham worth well berg stein field wood son man land dale ski er ski ing"

_GERMAN_WOMEN = """
Ursula Renate Monika Helga Karin Ingrid Petra Sabine Elke Brigitte Christa Gisela Andrea Birgit Claudia Susanne
Anna Maria Elisabeth Martina Heike Angelika Gabriele Barbara Erika Hannelore Christine Ruth Nicole Stefanie Katrin
Julia Melanie Anja Tanja Sandra Silke Ute Kerstin Marion Cornelia Beate Heidi Waltraud Edith Gertrud Hildegard
Irmgard Margarete Anneliese Ilse Lieselotte Charlotte Emma Mia Hanna Lea Lena Sophie Marie Laura Lisa Sarah
Katharina Johanna Franziska Jana Nadine Jessica Vanessa Simone Daniela Silvia Doris Rosemarie Marianne Theresia
Frieda Martha Klara Elfriede Hedwig Carola Regina Astrid Annette Bettina Ayse Fatma Emine Zeynep Svetlana Olga
"""
_GERMAN_MEN = """
Peter Wolfgang Michael Werner Klaus Thomas Manfred Helmut Juergen Heinz Gerhard Andreas Hans Josef Guenter Dieter
Horst Walter Frank Karl Herbert Franz Martin Bernd Stefan Christian Uwe Rainer Joachim Alexander Rolf Matthias
Georg Kurt Heinrich Otto Friedrich Wilhelm Willi Erich Ernst Alfred Siegfried Rudolf Hermann Paul Karl-Heinz Hans-
Peter Markus Daniel Sebastian Tobias Florian Jan Felix Lukas Leon Maximilian Jonas Tim Philipp Christoph Ralf Jens
Holger Torsten Sven Dirk Oliver Marco Marcel Patrick Robert Johannes Jakob Anton Ludwig Gustav August Emil Fritz
Norbert Reinhard Volker Ulrich Eberhard Detlef Mehmet Mustafa Ali Igor Dimitri
"""
_GERMAN_SURNAMES = """
Mueller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schaefer Koch Bauer Richter Klein Wolf
Schroeder Neumann Schwarz Zimmermann Braun Krueger Hofmann Hartmann Lange Schmitt Werner Schmitz Krause Meier
Lehmann Schmid Schulze Maier Koehler Herrmann Koenig Walter Mayer Huber Kaiser Fuchs Peters Lang Scholz Moeller
Weiss Jung Hahn Schubert Vogel Friedrich Keller Guenther Frank Berger Winkler Roth Beck Lorenz Baumann Franke
Albrecht Schuster Simon Ludwig Boehm Winter Kraus Martin Schumacher Kraemer Vogt Stein Jaeger Otto Sommer Gross
Seidel Heinrich Brandt Haas Schreiber Graf Schulte Dietrich Ziegler Kuhn Kuehn Pohl Engel Horn Busch Bergmann
Thomas Voigt Sauer Arnold Wolff Pfeiffer Ernst Lindner Huebner Paul Hansen Petersen Jansen Janssen Nowak Kowalski
Yilmaz Kaya Demir Ivanov Schneidereit
"""
_GERMAN_STEMS = """
Acker Alten Bach Berg Birken Blum Brunn Buch Damm Eich Feld Freuden Garten Gold Hagen Heide Hirsch Holz Kessel
Kirch Kron Land Linden Loew Mark Mittel Nieder Ober Ost Reichen Ried Rosen Sand Schell Stein Sonnen Tann Wald
Weiden Wiesen
"""
_GERMAN_ENDINGS = (
    "mann bauer hofer meier berger mueller bach feld stein thal haus brandt egger hammer wald hoff ert ig ke"
)

_SPANISH_WOMEN = """
Maria Carmen Ana Isabel Dolores Pilar Teresa Josefa Cristina Laura Antonia Marta Francisca Lucia Mercedes Elena
Rosario Raquel Concepcion Manuela Sara Paula Juana Beatriz Patricia Nuria Silvia Encarnacion Julia Irene Montserrat
Mónica Rocío Alba Andrea Inmaculada Ángela Sonia Alicia Sandra Marina Susana Yolanda Natalia Margarita Eva Inés
Claudia Noelia Amparo Esther Gloria Lorena Verónica Consuelo Nerea Itziar Ainhoa Aitana Daniela Valeria Emma Fátima
"""
_SPANISH_MEN = """
Antonio Manuel José Francisco David Juan Javier Daniel Carlos Jesús Alejandro Miguel Rafael Pedro Pablo Ángel
Sergio Fernando Jorge Luis Alberto Álvaro Diego Adrián Raúl Iván Enrique Ramón Vicente Óscar Rubén Joaquín Santiago
Andrés Víctor Eduardo Roberto Mario Marcos Jaime Ignacio Salvador Hugo Alfonso Ricardo Emilio Julián Guillermo
Gabriel Tomás Agustín Gonzalo Mohamed Joan Jordi Martín Lucas Nicolás Iker Unai Aitor Xavier Felipe Ismael Cristian
"""
_SPANISH_SURNAMES = """
García Rodríguez González Fernández López Martínez Sánchez Pérez Gómez Martín Jiménez Hernández Ruiz Díaz Moreno
Muñoz Álvarez Romero Gutiérrez Alonso Navarro Torres Domínguez Ramos Vázquez Ramírez Gil Serrano Morales Molina
Blanco Suárez Castro Ortega Delgado Ortiz Marín Rubio Núñez Medina Sanz Castillo Iglesias Cortés Garrido Santos
Guerrero Lozano Cano Cruz Méndez Flores Prieto Herrera Peña León Márquez Cabrera Gallego Calvo Vidal Campos Reyes
Vega Fuentes Carrasco Aguilar Caballero Nieto Santana Vargas Pascual Giménez Herrero Hidalgo Montero Lorenzo
Santiago Benítez Durán Ibáñez Arias Mora Ferrer Carmona Vicente Rojas Soto Crespo Román Pastor Velasco Parra Sáez
Moya Bravo Rivera Gallardo Soler Esteban Silva Pardo Franco Rivas Lara Merino Camacho Mendoza Espinosa Izquierdo
Vera Arroyo Casado Sierra Redondo Luque Montes Rey Carrillo Segura Otero Galán Bernal Heredia Marcos Contreras
Pereira Macías Guerra Miranda Palacios Benito
"""
_SPANISH_STEMS = (
    "Agui Barro Bel Carra Cer Esca Fon Gala Here Lla Monte Naba Ola Pala Quinta Riba Sala Torre Urru Villa"
)
_SPANISH_ENDINGS = "rreta nda rriga ndez lva ro nal sca mendi garay verde nueva lba mora tell no cedo zar"

_UGANDAN_WOMEN = """
Grace Sarah Mary Florence Agnes Esther Rose Prossy Harriet Juliet Irene Annet Jane Christine Betty Immaculate Joyce
Ruth Josephine Rebecca Margaret Lilian Scovia Sylvia Brenda Doreen Proscovia Jackline Winnie Allen Teddy Nakato
Babirye Apio Adong Akello Auma Achieng Atim Acen Nantongo Nalubega Namukasa Kyomugisha Ainembabazi Tumuhimbise
Patience Peace
"""
_UGANDAN_MEN = """
Moses John Joseph David Robert Peter Ronald James Samuel Isaac Emmanuel Paul Charles Denis Godfrey Fred Richard
Patrick Geoffrey Henry Stephen Brian Ivan Simon Tom Francis Julius Vincent Herbert Wasswa Kato Okello Opio Ocen
Odongo Otim Ojok Mugisha Tumusiime Byaruhanga Kiggundu Ssali Hakim Abdul Umar Swaibu Ibrahim Innocent Deus Nelson
"""
_UGANDAN_SURNAMES = """
Okello Opio Ocen Odongo Otim Ojok Okot Ochieng Owino Onyango Obote Oryem Acan Adong Akello Apio Atim Auma Mugisha
Tumusiime Byaruhanga Mwesigwa Tumwine Twinomujuni Kyomuhendo Kobusingye Kemigisha Asiimwe Ahimbisibwe Arinaitwe
Muhumuza Turyahikayo Tushabe Kato Wasswa Lubega Ssebunya Ssali Ssekandi Kiggundu Kizza Mukasa Musoke Mutebi Nsubuga
Lukwago Kasozi Kayiira Kaggwa Nakato Nansubuga Namukasa Nabirye Nakku Nalwoga Namutebi Nantongo Wamala Walusimbi
Were Wanyama Wandera Mugoya Mugabi Isabirye Kirunda Balikowa Baluku Bwambale Masereka Muhindo Kule Drani Candiru
Anguzu
"""
_UGANDAN_STEMS = "Nama Naka Nalu Nabu Kira Kibu Muka Mugu Musa Ssema Ssenyo Lwa Kasu Baka Bya Tumu Kato Oku Oga Ong"
_UGANDAN_ENDINGS = "nda ggwa sa lya ngo tono zi ya kabye ligo mbe jja bala ru wa mugi shaba"

_AUSTRALIAN_WOMEN = """
Olivia Chloe Emily Jessica Sophie Isabella Hannah Georgia Sarah Ella Grace Lucy Mia Charlotte Ruby Lily Amelia Emma
Jasmine Caitlin Samantha Madison Zoe Matilda Alyssa Lauren Kate Rebecca Amy Holly Maddison Lara Imogen Jade Tahlia
Alana Bethany Brianna Kayla Paige Claire Erin Tara Montana Tayla Shania Bronwyn Sheree Kylie Narelle Raelene
Noelene Michelle Karen Julie Christine Margaret Susan Jennifer Wendy Leanne Sharon Tracey Nicole Melissa Danielle
Belinda
"""
_AUSTRALIAN_MEN = """
Jack Joshua Thomas Lachlan William James Daniel Benjamin Samuel Matthew Ryan Nicholas Harrison Jacob Liam Alexander
Luke Ethan Oliver Cooper Riley Dylan Jake Mitchell Jayden Zachary Cameron Connor Blake Tyler Bailey Angus Hamish
Kyle Brodie Jarrod Brayden Joel Nathan Adam Aidan Callum Hayden Harry Noah Lucas Max Isaac Xavier Peter David
Michael Paul Andrew Mark Stephen Robert Gregory Wayne Geoffrey Craig Shane Brett Trevor Darren Bruce Ross Kevin
Barry Graeme Ian
"""
_AUSTRALIAN_SURNAMES = """
Smith Jones Williams Brown Wilson Taylor Johnson White Martin Anderson Thompson Nguyen Thomas Walker Harris Lee
Ryan Robinson Kelly King Davis Wright Evans Roberts Green Hall Wood Jackson Clarke Patel Scott Young Mitchell
Campbell Singh Edwards Turner Hill Cooper Stewart Moore Ward Watson Baker Morris Parker Murphy Allen Bell Miller
Cook Phillips Davies Morrison Collins Murray Gray Webb Bailey Hughes Simpson McDonald Carter Marshall Chen Wang
Zhang Li Tran Pham Papadopoulos Georgiou Rossi Russo Marino Romano Nowak Horvat Petrovic Kovacs Hoffmann Mcgregor
Mclean Donnelly Flanagan Gallagher Hennessy Costello Fitzgerald Dempsey Noonan Matthews Blackwell Dunstan Coulthard
Penrose Trengove Weidenbach
"""


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.split()))


_ENGLISH_ROOTS = _words(_ENGLISH_STEMS)

CULTURES = {
    "english": Culture(
        _words(_ENGLISH_WOMEN),
        _words(_ENGLISH_MEN),
        _words(_ENGLISH_SURNAMES),
        _ENGLISH_ROOTS,
        _words(_ENGLISH_ENDINGS),
        0.25,
    ),
    "american": Culture(
        _words(_AMERICAN_WOMEN),
        _words(_AMERICAN_MEN),
        _words(_AMERICAN_SURNAMES),
        _ENGLISH_ROOTS,
        _words(_AMERICAN_ENDINGS),
        0.25,
    ),
    "german": Culture(
        _words(_GERMAN_WOMEN),
        _words(_GERMAN_MEN),
        _words(_GERMAN_SURNAMES),
        _words(_GERMAN_STEMS),
        _words(_GERMAN_ENDINGS),
        0.3,
    ),
    "spanish": Culture(
        _words(_SPANISH_WOMEN),
        _words(_SPANISH_MEN),
        _words(_SPANISH_SURNAMES),
        _words(_SPANISH_STEMS),
        _words(_SPANISH_ENDINGS),
        0.1,
    ),
    "ugandan": Culture(
        _words(_UGANDAN_WOMEN),
        _words(_UGANDAN_MEN),
        _words(_UGANDAN_SURNAMES),
        _words(_UGANDAN_STEMS),
        _words(_UGANDAN_ENDINGS),
        0.3,
    ),
    "australian": Culture(
        _words(_AUSTRALIAN_WOMEN),
        _words(_AUSTRALIAN_MEN),
        _words(_AUSTRALIAN_SURNAMES),
        _ENGLISH_ROOTS,
        _words(_ENGLISH_ENDINGS),
        0.35,
    ),
}

SHORT = {
    form[0]: form[1:]
    for form in (
        line.split()
        for line in """
Robert Rob Bob Bobby Robbie
William Will Bill Billy Liam
Richard Rick Dick Richie
James Jim Jimmy Jamie
John Jack Johnny Jon
Michael Mike Mick Micky
Thomas Tom Tommy
Joseph Joe Joey
Christopher Chris Kit
Daniel Dan Danny
Matthew Matt Mat
Anthony Tony Ant
Andrew Andy Drew
Edward Ed Ted Eddie Ned
Charles Charlie Chuck Chas
Steven Steve Stevie
Stephen Steve Stevie
Benjamin Ben Benny
Samuel Sam Sammy
Nicholas Nick Nicky
Alexander Alex Sandy Xander
Henry Harry Hal
David Dave Davie
Peter Pete
Philip Phil Pip
Kenneth Ken Kenny
Ronald Ron Ronnie
Donald Don Donnie
Timothy Tim Timmy
Gregory Greg
Jeffrey Jeff
Lawrence Larry Laurie
Patrick Pat Paddy
Frederick Fred Freddie
Albert Bert Al Bertie
Francisco Paco Pancho Fran
José Pepe
Manuel Manolo Manu
Antonio Toni Toño
Josef Sepp Jupp
Johannes Hans Hannes
Heinrich Heinz Heiner
Friedrich Fritz Fred
Wilhelm Willi Willy
Elizabeth Liz Beth Betty Lizzie Eliza
Margaret Maggie Peggy Meg Marge
Katherine Kate Katie Kathy
Catherine Cathy Kate Cath
Kathryn Kathy Kate
Patricia Pat Trish Patsy
Jennifer Jenny Jen
Susan Sue Susie
Jessica Jess Jessie
Rebecca Becky Becca
Christine Chris Chrissie Tina
Deborah Deb Debbie
Barbara Barb Babs
Victoria Vicky Tori
Samantha Sam Sammy
Amanda Mandy
Jacqueline Jackie
Pamela Pam
Sandra Sandy
Stephanie Steph
Abigail Abby Gail
Theresa Terry Tess
Kimberly Kim
Dorothy Dot Dolly
Frances Fran Fanny
Alexandra Alex Sandra
Eleanor Ellie Nell Nora
Charlotte Lottie Charlie
Isabella Bella Izzy
Isabel Isa
Dolores Lola
Concepcion Concha Conchi
Francisca Paqui Paca
Elisabeth Lisa Elli Betti
Katharina Kathi Kati
Ursula Uschi
Gabriele Gabi
Susanne Susi
Margarete Grete Gretel
Olivia Liv Livvy
Matilda Tilly Mattie
""".strip().splitlines()
    )
}
"""Familiar forms by formal forename."""
