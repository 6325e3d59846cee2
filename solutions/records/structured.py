"""What the course knows about the losses of masks, boxes and texts."""

from types import MappingProxyType

from solutions import boxes as b
from solutions import masks as m
from solutions import sequences as c
from solutions.loss import Bound, Counterpart, Loss, keyed

LOGITS = ("logits",)
BOX = ("box",)
TAKES_PROBABILITIES = "Takes the truth first and probabilities, not logits; smooth is 1e-7."

RECORDS = (
    Loss(
        name="soft_dice",
        family="structured",
        value=m.soft_dice,
        grad=keyed(m.soft_dice_grad, LOGITS),
        wrt=LOGITS,
        formula=r"1 - \frac{2\sum_i p_i y_i + s}{\sum_i p_i + \sum_i y_i + s} \quad p = \sigma(z)",
        gradient=r"p_i (1 - p_i) \frac{R - 2 y_i}{\sum_j p_j + \sum_j y_j + s} \text{ with the ratio } R"
        r" = 1 - L",
        domain=r"$z \in \mathbb{R}$, $y \in [0, 1]$, $s \ge 0$",
        noise_model="none: a ratio of sums is no likelihood",
        minimiser="a mask of the pixels whose probability is above half the best Dice score",
        convex=False,
        lipschitz=Bound(r"\tfrac14 \text{ for } s = 0 \text{, less for } s > 0", lambda smooth=1.0: 0.25),
        stable_form=r"\frac{\sum_i p_i (1 - y_i) + (1 - p_i) y_i}{\sum_i p_i + \sum_i y_i + s}"
        r" \text{ with } 1 - p = \sigma(-z)",
        frameworks=MappingProxyType({"Keras": Counterpart("keras.losses.Dice", TAKES_PROBABILITIES)}),
        invariances=("permutation",),
        pitfalls=(
            "Without an object and with smooth = 0 the loss is 1 and the gradient 0 whatever is predicted.",
            "One ratio for the whole batch and the mean of one ratio per mask are different losses.",
            "smooth counts pixels: for an object of 2 at p = ½, smooth = 1 takes the loss from 0.33 to 0.25.",
            "The probabilities it yields are pushed to 0 and 1: they are not calibrated.",
        ),
        sources=(
            "Dice (1945), Measures of the Amount of Ecologic Association Between Species, Ecology 26",
            "Milletari, Navab and Ahmadi (2016), V-Net: Fully Convolutional Neural Networks for "
            "Volumetric Medical "
            "Image Segmentation, 3DV",
        ),
    ),
    Loss(
        name="tversky",
        family="structured",
        value=m.tversky,
        grad=keyed(m.tversky_grad, LOGITS),
        wrt=LOGITS,
        formula=r"1 - \frac{\sum_i p_i y_i + s}{\sum_i p_i y_i + \alpha\, p_i (1 - y_i) + \beta\, (1 -"
        r" p_i) y_i"
        r" + s} \quad p = \sigma(z)",
        gradient=r"p_i (1 - p_i) \frac{(\alpha (1 - y_i) - \beta y_i) R - y_i (1 - R)}{D}"
        r" \text{ with the ratio } R \text{ and its denominator } D",
        domain=r"$z \in \mathbb{R}$, $y \in [0, 1]$, $\alpha, \beta, s \ge 0$",
        noise_model="none: a ratio of sums is no likelihood",
        minimiser="a mask of the pixels above a threshold that falls as β grows against α",
        convex=False,
        lipschitz=None,  # not ¼, as for Dice: with a tiny beta the slope reaches 0.3176
        stable_form=r"\frac{M}{H + M} \text{ with } H = \sum_i p_i y_i + s,\;"
        r" M = \sum_i \alpha\, p_i (1 - y_i) + \beta\, \sigma(-z_i)\, y_i",
        frameworks=MappingProxyType(
            {
                "Keras": Counterpart(
                    "keras.losses.Tversky", TAKES_PROBABILITIES + " Both weights default to ½."
                )
            }
        ),
        invariances=("permutation",),
        pitfalls=(
            "α weighs false alarms and β misses; some codes have them the other way round.",
            "It is soft_dice at α = β = ½ only with half its smooth: the 2 has been divided out.",
            "Without an object and with smooth = 0 the loss is 1 and the gradient 0 whatever is predicted.",
        ),
        sources=(
            "Tversky (1977), Features of Similarity, Psychological Review 84",
            "Salehi, Erdogmus and Gholipour (2017), Tversky Loss Function for Image Segmentation, MLMI",
        ),
    ),
    Loss(
        name="iou_loss",
        family="structured",
        value=b.iou_loss,
        grad=keyed(b.iou_loss_grad, BOX),
        wrt=BOX,
        formula=r"1 - \frac{I}{U}",
        gradient=r"\frac{I\,U' - U\,I'}{U^2}",
        domain=r"boxes $(x_1, y_1, x_2, y_2)$ with $x_1 \le x_2$, $y_1 \le y_2$",
        noise_model="none: a ratio of areas",
        minimiser="the target box",
        convex=False,
        lipschitz=None,
        stable_form=r"\frac{|A \setminus B| + |B \setminus A|}{|A \cup B|}"
        r" \text{ from the cells of the grid of all edges}",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torchvision.ops.box_iou", "IoU of all pairs of two lists, not the loss."
                )
            }
        ),
        invariances=("row-permutation", "translation", "scaling-0", "swap"),
        pitfalls=(
            "Boxes that do not meet have loss 1 and gradient 0: training cannot start from there.",
            "An eps in the denominator is an area: with 1e-7 identical boxes of side 1e-4 have IoU 0.09.",
            "(x, y, width, height) taken for corners gives wrong overlaps without a word.",
            "Its gradient grows as boxes shrink: one pixel is much for a box of ten.",
        ),
        sources=(
            "Jaccard (1901), Étude comparative de la distribution florale dans une portion des Alpes et "
            "des Jura",
            "Yu, Jiang, Wang, Cao and Huang (2016), UnitBox: An Advanced Object Detection Network, ACM "
            "Multimedia",
        ),
    ),
    Loss(
        name="giou_loss",
        family="structured",
        value=b.giou_loss,
        grad=keyed(b.giou_loss_grad, BOX),
        wrt=BOX,
        formula=r"1 - \frac{I}{U} + \frac{C - U}{C} \text{ with the area } C \text{ of the common hull}",
        gradient=r"\frac{I\,U' - U\,I'}{U^2} + \frac{U\,C' - C\,U'}{C^2}",
        domain=r"boxes $(x_1, y_1, x_2, y_2)$ with $x_1 \le x_2$, $y_1 \le y_2$",
        noise_model="none: ratios of areas",
        minimiser="the target box",
        convex=False,
        lipschitz=None,
        stable_form=r"\frac{|A \setminus B| + |B \setminus A|}{|A \cup B|} + \frac{|C \setminus (A \cup"
        r" B)|}{C}"
        r" \text{ from the cells of the grid of all edges}",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torchvision.ops.generalized_box_iou_loss",
                    "Adds 1e-7 to each area below: identical boxes of side 1e-4 cost 0.909.",
                )
            }
        ),
        invariances=("row-permutation", "translation", "scaling-0", "swap"),
        pitfalls=(
            "It goes up to 2, not 1.",
            "For boxes apart it first pulls the box longer, until it meets the target, and only then into "
            "shape.",
            "Where one box holds the other it is the plain IoU loss: no pull towards the centre.",
        ),
        sources=(
            "Rezatofighi, Tsoi, Gwak, Sadeghian, Reid and Savarese (2019), Generalized Intersection over "
            "Union, "
            "CVPR",
        ),
    ),
    Loss(
        name="ctc",
        family="structured",
        value=c.ctc,
        grad=keyed(c.ctc_grad, LOGITS),
        wrt=LOGITS,
        formula=r"-\log \sum_{\pi \to y} \prod_t \operatorname{softmax}(z_t)_{\pi_t}"
        r" \text{ over all paths } \pi \text{ that spell } y",
        gradient=r"\operatorname{softmax}(z_t)_k - \gamma_{tk} \text{ with } \gamma_{tk} = P(\pi_t = k"
        r" \mid y)",
        domain=r"$z \in \mathbb{R}^{T \times K}$, labels $1, \dots, K - 1$; infinite if $T$ is less than the "
        r"number of labels and repeats",
        noise_model="categorical at each frame, independent given the input",
        minimiser="frames that spell the text, blanks between",
        convex=False,
        lipschitz=None,
        stable_form=r"-\log\sum_\pi \text{ by dynamic programming on logarithms; } -\operatorname{log1p}(-V)"
        r" \text{ with the probability } V \text{ of all other texts if that is below } \tfrac12",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.nn.functional.ctc_loss",
                    "Takes log-probabilities (T, N, K); 'mean' divides each loss by the length of its "
                    "target.",
                ),
                "Keras": Counterpart(
                    "keras.losses.CTC", "Takes the truth first; blank 0, which pads targets too."
                ),
                "optax": Counterpart(
                    "optax.losses.ctc_loss", "Takes logits (N, T, K) and paddings; blank 0 by default."
                ),
            }
        ),
        invariances=("shift",),
        pitfalls=(
            "A text of L labels with R repeats needs L + R frames: with fewer the loss is inf.",
            "PyTorch's gradient takes log-probabilities for granted: logits without log_softmax train "
            "wrongly.",
            "Its frames are independent: it knows no grammar, and mostly says blank with spikes between.",
            "Adding up probabilities instead of logarithms underflows after a few hundred frames.",
        ),
        sources=(
            "Graves, Fernández, Gomez and Schmidhuber (2006), Connectionist Temporal Classification, ICML",
            "Hannun (2017), Sequence Modeling with CTC, Distill",
        ),
    ),
)
