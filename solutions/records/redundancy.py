"""What the course knows about the losses that compare views without negatives."""

from types import MappingProxyType

from solutions import redundancy as r
from solutions.loss import Counterpart, Loss, keyed

VIEWS = ("za", "zb")

RECORDS = (
    Loss(
        name="vicreg",
        family="contrastive",
        value=r.vicreg,
        grad=keyed(r.vicreg_grad, VIEWS),
        wrt=VIEWS,
        formula=r"\lambda \operatorname{mean}\left((z - z')^2\right)"
        r" + \frac{\mu}{2} \sum_{\text{views}} \operatorname{mean}_k \max(0, 1 - S_k)"
        r" + \frac{\nu}{d} \sum_{\text{views}} \sum_{k \ne l} C_{kl}^2 \quad S_k = \sqrt{C_{kk} + \epsilon}",
        gradient=r"\frac{2\lambda}{N d}(z_{ik} - z'_{ik})"
        r" - \frac{\mu [S_k < 1]}{2d} \frac{z_{ik} - \bar z_k}{(N - 1) S_k}"
        r" + \frac{4\nu}{d(N - 1)} \sum_{l \ne k} C_{kl} (z_{il} - \bar z_l) \text{ for } z_{ik}",
        domain=r"$z, z' \in \mathbb{R}^{N \times d}$ with $N \ge 2$; $\lambda, \mu, \nu, \epsilon \ge 0$",
        noise_model="none: it shapes an embedding and models no data",
        minimiser="an embedding whose views agree and whose features vary, each for itself",
        convex=False,
        lipschitz=None,
        stable_form=r"S_k = \operatorname{hypot}\left(\frac{\lVert z_k - \bar z_k \rVert}{\sqrt{N - 1}},"
        r" \sqrt{\epsilon}\right) \text{, centring after subtracting the first row}",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.cov", "No such loss; torch.cov(z.T) is its covariance matrix, also over N - 1."
                ),
            }
        ),
        invariances=("permutation", "common-shift", "swap"),
        pitfalls=(
            "Some add the two variance terms, here they are averaged: a factor of 2 in mu.",
            "Without var_eps the slope of the standard deviation has no limit at a constant feature.",
            "The statistics are those of a batch: a batch of one row has none, and small ones are noisy.",
        ),
        sources=(
            "Bardes, Ponce and LeCun (2022), VICReg: Variance-Invariance-Covariance Regularization for"
            " Self-Supervised Learning, ICLR",
        ),
    ),
    Loss(
        name="barlow_twins",
        family="contrastive",
        value=r.barlow_twins,
        grad=keyed(r.barlow_twins_grad, VIEWS),
        wrt=VIEWS,
        formula=r"\sum_k (1 - C_{kk})^2 + \lambda \sum_{k \ne l} C_{kl}^2"
        r" \quad C_{kl} = \operatorname{corr}(z_k, z'_l)",
        gradient=r"\sum_l D_{kl} \frac{v_l - C_{kl} u_k}{\lVert z_k - \bar z_k \rVert} \text{ for } z_k"
        r" \text{, with } D_{kk} = -2(1 - C_{kk}),\; D_{kl} = 2 \lambda C_{kl}"
        r" \text{ and the centred unit vectors } u_k, v_l \text{ of } z_k, z'_l",
        domain=r"$z, z' \in \mathbb{R}^{N \times d}$ with $N \ge 2$; $\lambda \ge 0$",
        noise_model="none: it shapes an embedding and models no data",
        minimiser="an embedding whose features agree between views and are uncorrelated with each other",
        convex=False,
        lipschitz=None,
        stable_form=r"1 - C_{kk} = \frac{1 - C_{kk}^2}{1 + C_{kk}} \text{, the numerator from the sine}",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.corrcoef",
                    "No such loss; C is the upper right block of this for torch.cat([za, zb], dim=1).T.",
                ),
            }
        ),
        invariances=("permutation", "common-shift", "scaling-0", "swap"),
        pitfalls=(
            "A constant feature has no correlation (0/0): it counts as 0 here, and gives NaN elsewhere.",
            "The correlation is over the batch, not over the features of one embedding.",
            "With N = 2 rows every correlation is -1, 0 or 1: large batches are needed.",
        ),
        sources=(
            "Zbontar, Jing, Misra, LeCun and Deny (2021), Barlow Twins: Self-Supervised Learning via"
            " Redundancy Reduction, ICML",
        ),
    ),
)
